package bench

import "testing"

func BenchmarkCases(b *testing.B) {
	cases, err := Cases()
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range cases {
		b.Run(c.Group+"/"+c.Name, c.Run)
	}
}
