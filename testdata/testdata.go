// Package testdata holds the bundled golden deliveries and the catalogues of
// every provider's events and fields.
//
// The folder of a provider has one folder an event, and in it one file a
// situation: masivo/TIER_UPGRADE/basic.json. The first situation of every event
// is "basic". A .form file is the same delivery as the .json file of its name,
// in the encoding of HTML forms. catalog/<provider>.json lists events, models and
// fields with their sources.
//
// schema and asyncapi have the same as contracts for other tools; they are not embedded.
//
// Most importers use it through the packages masivotest, openloyaltytest and so
// on.
package testdata

import "embed"

// FS is the files.
//
//go:embed catalog masivo openloyalty mambo ambassify
var FS embed.FS
