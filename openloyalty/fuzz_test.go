package openloyalty_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/hostile"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/verifying"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

func FuzzDispatch(f *testing.F) {
	hostile.Target[openloyalty.Meta]{
		Provider: openloyalty.Name,
		Events:   openloyalty.Events(),
		NewHandler: func(common envelope.Options, routes ...openloyalty.Route) (*envelope.Handler, error) {
			return openloyalty.NewHandler(openloyalty.Config{Options: common}, routes...)
		},
	}.FuzzDispatch(f,
		`{"eventName":"CustomerRegistered"}`,
		`{"data":{"customer":{}},"type":"customer.registered","eventName":"CustomerUpdated"}`,
		`{"eventName":"CampaignEffectWasExecuted","data":{"campaign":{"trigger":{"type":"achievement","relatedAchievement":[]}}}}`,
	)
}

const fuzzSecret = "whsec_5b1f6c0e7d2a49838f1e0b6c5d4a39271f8e7d6c5b4a39281706f5e4d3c2b1a0"

// The verifier accepts exactly what a straight reading of Open Loyalty's
// description accepts.
func FuzzGenuine(f *testing.F) {
	now := time.Unix(1_760_000_000, 0)
	config := openloyalty.Config{
		Secrets: []string{fuzzSecret},
		Options: envelope.Options{Now: func() time.Time { return now }},
	}
	for _, path := range []string{"/", "/webhooks/openloyalty", "/a%20b?x=1"} {
		body := []byte(`{"eventName":"CustomerRegistered"}`)
		r := httptest.NewRequest(http.MethodPost, "https://example.com"+path, nil)
		r.Header.Set(openloyalty.RequestIDHeader, "3d0f5b1c")
		if err := openloyalty.Sign(config, r, body); err != nil {
			f.Fatal(err)
		}
		signature := r.Header.Get(openloyalty.SignatureHeader)
		for _, s := range []string{signature, strings.ToUpper(signature), signature[1:], signature + "0", "sha256=" + signature} {
			f.Add(s, "hmac-sha256", "1760000000", "3d0f5b1c", "1", "example.com", path, body)
		}
		f.Add(signature, "HMAC-SHA256", "1760000000", "3d0f5b1c", "", "example.com", path, body)
		f.Add(signature, "none", "01760000000", "3d0f5b1c\n", "2", "example.com:443", path, body)
		for _, host := range []string{"eXAMple.Com", "EXAMPLE.COM:80", "example.com:443", "example.com:8443"} {
			f.Add(signature, "", "1760000000", "3d0f5b1c", "1", host, path, body)
		}
	}
	verify, err := openloyalty.NewVerifier(config)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, signature, algorithm, timestamp, id, version, host, path string, body []byte) {
		target, err := url.ParseRequestURI(path)
		if err != nil {
			return
		}
		r := &http.Request{Method: http.MethodPost, URL: target, RequestURI: path, Host: host, Header: http.Header{}}
		for name, value := range map[string]string{
			openloyalty.SignatureHeader: signature,
			openloyalty.AlgorithmHeader: algorithm,
			openloyalty.TimestampHeader: timestamp,
			openloyalty.RequestIDHeader: id,
			openloyalty.VersionHeader:   version,
		} {
			r.Header.Set(name, value)
		}
		err = verifying.Both(verify, r, body)
		if err != nil && !errors.Is(err, envelope.ErrSignature) {
			t.Fatalf("an error that is no ErrSignature: %v", err)
		}
		want := isGenuine(signature, algorithm, timestamp, id, host, path, body, now)
		if got := err == nil; got != want {
			t.Errorf("accepted: %v, want %v (%v)", got, want, err)
		}
	})
}

var (
	hexDigest = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)
	seconds   = regexp.MustCompile(`^[0-9]{1,12}$`)
)

func isGenuine(signature, algorithm, timestamp, id, host, path string, body []byte, now time.Time) bool {
	if !hexDigest.MatchString(signature) || !seconds.MatchString(timestamp) || id == "" {
		return false
	}
	if algorithm != "" && !strings.EqualFold(algorithm, "hmac-sha256") {
		return false
	}
	count, _ := strconv.ParseInt(timestamp, 10, 64)
	if age := now.Unix() - count; age > 300 || age < -300 {
		return false
	}
	if path, _, _ = strings.Cut(path, "?"); !strings.HasPrefix(path, "/") {
		target, err := url.Parse(path)
		if err != nil {
			return false
		}
		if path = target.EscapedPath(); path == "" {
			path = "/"
		}
	}
	paths := []string{path}
	if path == "/" {
		paths = append(paths, "")
	}
	sent, _ := hex.DecodeString(signature)
	for _, host := range sameHosts(host) {
		for _, path := range paths {
			mac := hmac.New(sha256.New, []byte(strings.TrimPrefix(fuzzSecret, "whsec_")))
			fmt.Fprintf(mac, "POST\n%d:%s\n%d:%s\n%x\n%s\n%s", len(host), host, len(path), path, sha256.Sum256(body), timestamp, id)
			if bytes.Equal(mac.Sum(nil), sent) {
				return true
			}
		}
	}
	return false
}

// sameHosts are the spellings under which the URL of a subscription may name a host: with
// the port of its scheme or without one, and in small letters.
func sameHosts(host string) (hosts []string) {
	name, hasPort := strings.CutSuffix(host, ":443")
	if !hasPort {
		name, hasPort = strings.CutSuffix(host, ":80")
	}
	hosts = []string{host}
	if hasPort {
		hosts = append(hosts, name)
	} else if !strings.Contains(host, ":") {
		hosts = append(hosts, host+":443", host+":80")
	}
	if lower := strings.ToLower(host); lower != host {
		hosts = append(hosts, sameHosts(lower)...)
	}
	return hosts
}
