package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"webhook masivo TIER_UPGRADE"`, `"send mail"`, `"loyaltyhooks.deliveries"`, `"loyaltyhooks.drift"`, `"unknown_member"`, `"signature"`, `"loyaltyhooks.refusals"`,
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s", want)
		}
	}
}
