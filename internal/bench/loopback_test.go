package bench

import "testing"

func TestServers(t *testing.T) {
	servers, err := Servers()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range servers {
		load, err := s.Measure(20, 2)
		if err != nil || load.PerSecond <= 0 || load.P50 <= 0 || load.P99 < load.P50 {
			t.Errorf("%s: %+v, %v", s.Name, load, err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
}
