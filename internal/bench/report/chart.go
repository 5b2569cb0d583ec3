package main

import (
	"bytes"
	"fmt"
	"image/color"
	"os"
	"regexp"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/loyaltyhooks/loyaltyhooks/internal/bench"
)

// The chart has no background, and colours of middle brightness: it is read on a
// light page as well as on a dark one.
var (
	ink    = color.NRGBA{0x7a, 0x82, 0x8e, 0xff}
	accent = color.NRGBA{0x1f, 0x9e, 0x6e, 0xff}
	plain  = color.NRGBA{0x8b, 0x93, 0xa1, 0xff}
	least  = color.NRGBA{0xb9, 0x83, 0x2b, 0xff}
)

// bar is one row of the chart.
type bar struct {
	label string
	color color.NRGBA
	of    func(*Run) Result // nil for a heading
}

func (b bar) micros(run *Run) float64 {
	if b.of == nil {
		return 0
	}
	return median(b.of(run).Nanoseconds) / 1e3
}

// bars are the rows from the top.
func bars(run *Run) []bar {
	var rows []bar
	for _, group := range []string{bench.GroupWebhooks, bench.GroupGoGitHub} {
		if len(run.find(group, bench.Library).Nanoseconds) == 0 {
			continue
		}
		rows = append(rows,
			bar{label: "into the struct of " + group},
			bar{"floor", least, func(r *Run) Result { return r.find(group, bench.Floor) }},
			bar{"loyaltyhooks", accent, func(r *Run) Result { return r.find(group, bench.Library) }},
			bar{group, plain, func(r *Run) Result { return r.find(group, bench.Peer) }},
			bar{"hand-written", plain, func(r *Run) Result { return r.find(group, bench.Handwritten) }},
		)
	}
	return rows
}

// drawChart writes bars of the time that one delivery takes, one a run and row.
func drawChart(name string, runs []*Run) error {
	rows := bars(runs[0])
	if len(rows) == 0 {
		return nil
	}
	longest := 0.0
	for _, row := range rows {
		for _, run := range runs {
			longest = max(longest, row.micros(run))
		}
	}
	p := newPlot(rows, longest)
	thickness := vg.Points(15) / vg.Length(len(runs))
	for i, row := range rows {
		for j, run := range runs {
			if row.of == nil {
				continue
			}
			micros := row.micros(run)
			y := float64(len(rows) - 1 - i)
			shift := thickness * (vg.Length(len(runs)-1)/2 - vg.Length(j))
			if err := addBar(p, micros, y, shift, thickness, faded(row.color, j)); err != nil {
				return err
			}
			text := fmt.Sprintf("%.1f", micros)
			if len(runs) > 1 {
				text += "  " + goName(run)
			}
			if err := addText(p, text, micros, y, shift); err != nil {
				return err
			}
		}
	}
	return save(p, name, vg.Points(40+25*float64(len(rows))))
}

func newPlot(rows []bar, longest float64) *plot.Plot {
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"} // As wide as what readers have.
	p := plot.New()
	p.BackgroundColor = nil
	p.Title.Text = "A signed GitHub issues event of 8.8 KB, request to function: µs, less is better"
	p.Title.TextStyle.Color = ink
	p.Title.Padding = vg.Points(6)
	labels := make([]string, len(rows))
	for i, row := range rows {
		labels[len(rows)-1-i] = row.label
	}
	p.NominalY(labels...)
	p.Y.Max = float64(len(rows)) - 0.5
	p.Y.Padding = vg.Points(6)
	p.HideX()
	p.Y.Tick.Label.Color = ink
	p.Y.Width = 0
	p.X.Min = 0
	p.X.Max = 1.2 * longest // Room for the figures.
	return p
}

// faded is the colour for the bars of the second run.
func faded(c color.NRGBA, run int) color.NRGBA {
	if run > 0 {
		c.A = 0x99
	}
	return c
}

func addBar(p *plot.Plot, length, y float64, shift, thickness vg.Length, c color.Color) error {
	b, err := plotter.NewBarChart(plotter.Values{length}, thickness-1)
	if err != nil {
		return err
	}
	b.Horizontal, b.XMin, b.Offset, b.Color = true, y, shift, c
	b.LineStyle.Width = 0
	p.Add(b)
	return nil
}

func addText(p *plot.Plot, text string, x, y float64, shift vg.Length) error {
	l, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{{X: x, Y: y}}, Labels: []string{text}})
	if err != nil {
		return err
	}
	l.TextStyle[0].Color = ink
	l.TextStyle[0].Font.Size = vg.Points(8)
	l.TextStyle[0].YAlign = draw.YCenter
	l.Offset = vg.Point{X: vg.Points(4), Y: shift}
	p.Add(l)
	return nil
}

// anyFamily finds the fonts that the plotting library measures with; a reader's
// machine has others.
var anyFamily = regexp.MustCompile(`font-family:[^;"]*`)

func save(p *plot.Plot, name string, height vg.Length) error {
	canvas := vgsvg.New(vg.Points(620), height)
	p.Draw(draw.New(canvas))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return err
	}
	text := anyFamily.ReplaceAll(b.Bytes(), []byte("font-family:Helvetica,Arial,sans-serif"))
	return os.WriteFile(name, text, 0o644) //nolint:gosec // a document, which others read
}
