package ambassify

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/loyaltyhooks/loyaltyhooks/internal/sign"
)

// SignEventBus puts a token into a request as the event bus does: an RSA key signs
// with RS256, an ECDSA key with the algorithm of its curve. The token is good for an hour;
// it has EventBusAudience and EventBusIssuer of config if they are set, and Now is its
// clock. It is for tests and tools.
func SignEventBus(config Config, r *http.Request, body []byte, key crypto.Signer) error {
	clock, err := sign.NewClock(config.Now, config.Tolerance)
	if err != nil {
		return fmt.Errorf("ambassify: %w", err)
	}
	algorithm := "RS256"
	if public, ok := key.Public().(*ecdsa.PublicKey); ok {
		for name := range algorithmsOf(public) {
			algorithm = name
		}
	}
	hash, ok := algorithmsOf(key.Public())[algorithm]
	if !ok {
		return errors.New("ambassify: the event bus has no algorithm for the key")
	}
	sum, now := sha256.Sum256(body), clock.Now().Unix()
	content := map[string]any{"h": hex.EncodeToString(sum[:]), "iat": now, "nbf": now, "exp": now + int64(time.Hour/time.Second)}
	if config.EventBusAudience != "" {
		content["aud"] = config.EventBusAudience
	}
	if config.EventBusIssuer != "" {
		content["iss"] = config.EventBusIssuer
	}
	signed := encodePart(map[string]any{"alg": algorithm, "typ": "JWT"}) + "." + encodePart(content)
	signature, err := key.Sign(rand.Reader, sumOf(hash, signed), hash)
	if err != nil {
		return fmt.Errorf("ambassify: %w", err)
	}
	if public, ok := key.Public().(*ecdsa.PublicKey); ok {
		if signature, err = fixedSize(signature, sizeOf(public)); err != nil {
			return fmt.Errorf("ambassify: %w", err)
		}
	}
	r.Header.Set(EventBusHeader, signed+"."+encoding.EncodeToString(signature))
	return nil
}

func encodePart(claims map[string]any) string {
	text, _ := jsonv2.Marshal(claims, jsonv2.Deterministic(true)) // Text and numbers can be encoded.
	return encoding.EncodeToString(text)
}

// fixedSize turns an ECDSA signature of Go, in ASN.1, into that of a token.
func fixedSize(signature []byte, size int) ([]byte, error) {
	var halves struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(signature, &halves); err != nil {
		return nil, err
	}
	fixed := make([]byte, 2*size)
	halves.R.FillBytes(fixed[:size])
	halves.S.FillBytes(fixed[size:])
	return fixed, nil
}
