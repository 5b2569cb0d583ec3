package envelope

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/internal/sign"
)

// StandardWebhooks is the signature of the specification at
// https://www.standardwebhooks.com with a shared secret: an HMAC-SHA256 of id, time and
// body in the header webhook-signature, of which there may be several. Public keys (v1a)
// are not served.
type StandardWebhooks struct {
	// Tolerance is how far the timestamp may be before or after the present. Default: 5
	// minutes.
	Tolerance time.Duration

	// Now is the clock. Default: time.Now.
	Now func() time.Time
}

// Headers of Standard Webhooks.
const (
	standardID        = "Webhook-Id"
	standardTimestamp = "Webhook-Timestamp"
	standardSignature = "Webhook-Signature"
)

// maxStandard bounds the signatures of one delivery.
const maxStandard = 16

// Verifier makes a verifier that accepts a signature under any of the secrets: base64,
// with or without whsec_ in front.
func (s StandardWebhooks) Verifier(secrets []string) (Verifier, error) {
	clock, err := sign.NewClock(s.Now, s.Tolerance)
	if err != nil {
		return nil, err
	}
	keys, err := standardKeys(secrets)
	if err != nil {
		return nil, err
	}
	return func(r *http.Request) (func([]byte) error, error) {
		id, err := sign.Header(r.Header, standardID)
		if err != nil {
			return nil, err
		}
		timestamp, err := timestampOf(r.Header, standardTimestamp, clock)
		if err != nil {
			return nil, err
		}
		digests, err := standardDigests(r.Header)
		if err != nil {
			return nil, err
		}
		return func(body []byte) error {
			for _, key := range keys {
				if key.Match(id+"."+timestamp+".", body, digests...) {
					return nil
				}
			}
			return ErrSignatureMismatch
		}, nil
	}, nil
}

// Sign sets the headers of a signed request. It keeps the webhook-id that is there, so
// that a repetition has the same.
func (s StandardWebhooks) Sign(r *http.Request, body []byte, secret string) error {
	clock, err := sign.NewClock(s.Now, s.Tolerance)
	if err != nil {
		return err
	}
	keys, err := standardKeys([]string{secret})
	if err != nil {
		return err
	}
	id := cmp.Or(r.Header.Get(standardID), "msg_"+rand.Text())
	timestamp := strconv.FormatInt(clock.Now().Unix(), 10)
	r.Header.Set(standardID, id)
	r.Header.Set(standardTimestamp, timestamp)
	r.Header.Set(standardSignature, "v1,"+base64.StdEncoding.EncodeToString(keys[0].Sum(id+"."+timestamp+".", body)))
	return nil
}

func standardKeys(secrets []string) ([]*sign.Key, error) {
	if err := sign.CheckSecrets(secrets); err != nil {
		return nil, err
	}
	keys := make([]*sign.Key, len(secrets))
	for i, secret := range secrets {
		text := strings.TrimPrefix(strings.TrimSpace(secret), "whsec_")
		key, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(key) == 0 {
			return nil, errors.New("a secret is not base64") // The cause may quote it.
		}
		keys[i] = sign.NewKey(sha256.New, key)
	}
	return keys, nil
}

// standardDigests reads the signatures of version v1 and skips those of others.
func standardDigests(header http.Header) ([]sign.Digest, error) {
	list, err := sign.Header(header, standardSignature)
	if err != nil {
		return nil, err
	}
	var digests []sign.Digest
	for signature := range strings.FieldsSeq(list) {
		text, ok := strings.CutPrefix(signature, "v1,")
		if !ok {
			continue
		}
		if digest, ok := sign.Base64Digest(text, sha256.Size); ok {
			digests = append(digests, digest)
		}
	}
	if len(digests) == 0 || len(digests) > maxStandard {
		return nil, sign.Malformed(standardSignature + " has no signature v1, or too many")
	}
	return digests, nil
}
