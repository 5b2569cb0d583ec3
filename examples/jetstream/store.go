package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// keyStore is an envelope.Store on a JetStream bucket: workers on any number of
// machines do each thing once. A lease is a key that the servers let expire, so
// that no two clocks have to agree, and its token is the key's revision.
type keyStore struct {
	bucket jetstream.KeyValue
}

const (
	valueRunning = "running"
	valueDone    = "done"
)

// Claim creates the key, which only one of all callers can.
func (s keyStore) Claim(ctx context.Context, key string, lease time.Duration) (envelope.Claim, error) {
	name := bucketKey(key)
	revision, err := s.bucket.Create(ctx, name, []byte(valueRunning), jetstream.KeyTTL(wholeSeconds(lease)))
	switch {
	case err == nil:
		return envelope.Claim{State: envelope.StateClaimed, Token: strconv.FormatUint(revision, 10)}, nil
	case !errors.Is(err, jetstream.ErrKeyExists):
		return envelope.Claim{}, err
	}
	entry, err := s.bucket.Get(ctx, name)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound): // Released or expired just now: the next try gets it.
		return envelope.Claim{State: envelope.StateRunning}, nil
	case err != nil:
		return envelope.Claim{}, err
	case string(entry.Value()) == valueDone:
		return envelope.Claim{State: envelope.StateDone}, nil
	}
	return envelope.Claim{State: envelope.StateRunning}, nil
}

// Finish writes the key once more, without an end.
func (s keyStore) Finish(ctx context.Context, key, token string) error {
	revision, err := strconv.ParseUint(token, 10, 64)
	if err != nil {
		return envelope.ErrLeaseLost
	}
	_, err = s.bucket.Update(ctx, bucketKey(key), []byte(valueDone), revision)
	return leaseError(err)
}

// Release deletes the key.
func (s keyStore) Release(ctx context.Context, key, token string) error {
	revision, err := strconv.ParseUint(token, 10, 64)
	if err != nil {
		return envelope.ErrLeaseLost
	}
	return leaseError(s.bucket.Delete(ctx, bucketKey(key), jetstream.LastRevision(revision)))
}

// leaseError tells a lease that another revision has ended from a failing store.
func leaseError(err error) error {
	if errors.Is(err, jetstream.ErrKeyExists) || errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
		return envelope.ErrLeaseLost
	}
	return err
}

// bucketKey makes a name that JetStream allows of any key.
func bucketKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// wholeSeconds rounds up: JetStream counts in seconds, and no lease may be shorter
// than it was asked for.
func wholeSeconds(d time.Duration) time.Duration {
	return (d + time.Second - 1).Truncate(time.Second)
}
