package form

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/schema"
)

// hostile are bodies that make a careless reader slow or hungry. Each must be
// refused in less than 10 ms and 4 MB; see BenchmarkHostile.
var hostile = []struct {
	name, body string
	kind       error
}{
	{"1 MiB of one key", "a" + strings.Repeat("[b][c]", 1<<20/6) + "=1", ErrKey},
	{"1 MiB of short keys", strings.Repeat("a[b][c]&", 1<<20/8), ErrPairs},
	{"100000 pairs", numbered("k%d=v", 100_000), ErrPairs},
	{"huge index", "a[999999999]=1", ErrIndex},
	{"negative index", "a[-1]=1", ErrIndex},
	{"huge index of a list", "children[999999999][key]=1", ErrIndex},
	{"negative index of a list", "children[-1][key]=1", ErrIndex},
	{"nested sparse indices", numbered("children[2000][children][2000][children][2000][children][%d][key]=v", 12_000/66), ErrIndex},
	{"deepest sparse indices", "children" + strings.Repeat("[2000][children]", 15) + "[2000]=1", ErrIndex},
	{"1 MiB in as many pairs as allowed", numbered("k%05d[a][b][c]="+strings.Repeat("%%41", 79), 4090) + "&k=1&k=2", ErrRepeated},
	{"names that differ in case at the end", numbered("k%d=v", 4000) + "&K1=v", ErrCase},
	{"conflict at the end", numbered("k%d=v", 4000) + "&k1[b]=v", ErrConflict},
	{"gap at the end", numbered("groups[%d]=v", 2000) + "&groups[2001]=v", ErrIndex},
	{"one value too many", strings.Repeat("id=1&", 4000), ErrRepeated},
}

func numbered(pair string, n int) string {
	pairs := make([]string, n)
	for i := range pairs {
		pairs[i] = fmt.Sprintf(pair, i)
	}
	return strings.Join(pairs, "&")
}

func TestHostile(t *testing.T) {
	for _, tt := range hostile {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := decode(tt.body)
			if !errors.Is(err, tt.kind) {
				t.Errorf("got %v, want %v", err, tt.kind)
			}
		})
	}
}

func BenchmarkHostile(b *testing.B) {
	for _, tt := range hostile {
		b.Run(strings.ReplaceAll(tt.name, " ", "_"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := decode(tt.body); err == nil {
					b.Fatal("not refused")
				}
			}
		})
	}
}

// sixtyKeys is a form of 60 keys in brackets, and the same with dots.
func sixtyKeys() (brackets, dots string) {
	var with, without []string
	add := func(value string, names ...string) {
		with = append(with, url.QueryEscape(names[0]+"["+strings.Join(names[1:], "][")+"]")+"="+url.QueryEscape(value))
		without = append(without, url.QueryEscape(strings.Join(names, "."))+"="+url.QueryEscape(value))
	}
	add("true", "channel", "on")
	add("some text", "channel", "inner", "text")
	for _, parent := range []string{"parent", "other"} {
		add("48213", parent, "id")
		add("17", parent, "number")
		add("Ann Example", parent, "name")
		add("1", parent, "hidden")
		add("true", parent, "channel", "on")
		add("more text", parent, "channel", "inner", "text")
		for i := range 5 {
			item := strconv.Itoa(i)
			add("key "+item, parent, "items", item, "key")
			add("value "+item, parent, "items", item, "text")
			add("inner key "+item, parent, "items", item, "items", "0", "key")
			add("inner value "+item, parent, "items", item, "items", "0", "text")
		}
	}
	add("first", "items", "0", "key")
	add("first text", "items", "0", "text")
	add("second", "items", "1", "key")
	add("second text", "items", "1", "text")
	add("third", "items", "2", "key")
	add("third text", "items", "2", "text")
	return strings.Join(with, "&"), strings.Join(without, "&")
}

// plain has no open values, which gorilla/schema alone does not know.
type plain struct {
	Channel channel     `json:"channel,omitzero"`
	Parent  plainParent `json:"parent,omitzero"`
	Other   plainParent `json:"other,omitzero"`
	Items   []item      `json:"items,omitzero"`
}

type plainParent struct {
	ID      int64   `json:"id,omitzero"`
	Number  count   `json:"number,omitzero"`
	Name    string  `json:"name,omitzero"`
	Hidden  bool    `json:"hidden,omitzero"`
	Channel channel `json:"channel,omitzero"`
	Items   []item  `json:"items,omitzero"`
}

type item struct {
	Key   string `json:"key,omitzero"`
	Text  string `json:"text,omitzero"`
	Items []item `json:"items,omitzero"`
}

// BenchmarkSixtyKeys compares a whole decode of brackets with gorilla/schema alone,
// which gets a parsed form of dotted keys. They run in turn, and their medians are
// compared, so that the ratio does not depend on what else the machine does.
func BenchmarkSixtyKeys(b *testing.B) {
	brackets, dots := sixtyKeys()
	values, err := url.ParseQuery(dots)
	if err != nil || len(values) != 60 {
		b.Fatal(len(values), err)
	}
	body, d := []byte(brackets), NewDecoder()
	decode := func() {
		tree, err := Parse(body, UTF8, Limits{})
		if err != nil {
			b.Fatal(err)
		}
		var p plain
		if err := d.Decode(tree.Root(), &p, Options{}); err != nil || p.Items[2].Text != "third text" {
			b.Fatal(err)
		}
	}
	alone := schema.NewDecoder()
	alone.SetAliasTag("json")
	decodeAlone := func() {
		var p plain
		if err := alone.Decode(&p, values); err != nil || p.Items[2].Text != "third text" {
			b.Fatal(err)
		}
	}
	b.Run("brackets", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			decode()
		}
	})
	b.Run("gorilla-alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			decodeAlone()
		}
	})
	b.Run("in-turn", func(b *testing.B) {
		var ours, theirs []time.Duration
		for b.Loop() {
			start := time.Now()
			decode()
			middle := time.Now()
			decodeAlone()
			ours = append(ours, middle.Sub(start))
			theirs = append(theirs, time.Since(middle))
		}
		slices.Sort(ours)
		slices.Sort(theirs)
		b.ReportMetric(float64(ours[len(ours)/2])/float64(theirs[len(theirs)/2]), "times-gorilla")
	})
}
