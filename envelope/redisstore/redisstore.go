// Package redisstore is an envelope.Store in Redis, for effects that no transaction holds.
// Where an effect is in a database, package sqlonce is safer: a store and an effect are two
// writes.
package redisstore

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// Store is an envelope.Store. Use New.
type Store struct {
	client redis.Scripter
	ttl    time.Duration
}

var _ envelope.Store = (*Store)(nil)

// New makes a store that remembers a finished key for ttl, which must be longer than a
// sender repeats a delivery. Redis has the SHA-256 of a key, under loyaltyhooks:. It must
// not evict keys (maxmemory-policy noeviction), and what it loses when it crashes runs
// again: see its settings appendonly and appendfsync.
func New(client redis.Scripter, ttl time.Duration) (*Store, error) {
	if ttl < time.Millisecond {
		return nil, errors.New("redisstore: the time to remember a key is not positive")
	}
	return &Store{client, ttl}, nil
}

// A key holds "done", or the token of its lease.
var (
	claim = redis.NewScript(`
local held = redis.call('GET', KEYS[1])
if held == 'done' then return 'done' end
if held then return 'running' end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 'claimed'`)
	finish = redis.NewScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lost' end
redis.call('SET', KEYS[1], 'done', 'PX', ARGV[2])
return 'ok'`)
	release = redis.NewScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lost' end
redis.call('DEL', KEYS[1])
return 'ok'`)
)

func idsOf(key string) []string {
	sum := sha256.Sum256([]byte(key))
	return []string{"loyaltyhooks:" + hex.EncodeToString(sum[:])}
}

// Claim takes a key, as envelope.Store says.
func (s *Store) Claim(ctx context.Context, key string, lease time.Duration) (envelope.Claim, error) {
	token := rand.Text()
	answer, err := claim.Run(ctx, s.client, idsOf(key), token, max(lease.Milliseconds(), 1)).Text()
	switch {
	case err != nil:
		return envelope.Claim{}, err
	case answer == "claimed":
		return envelope.Claim{State: envelope.StateClaimed, Token: token}, nil
	case answer == "done":
		return envelope.Claim{State: envelope.StateDone}, nil
	}
	return envelope.Claim{State: envelope.StateRunning}, nil
}

// Finish marks a key as done, as envelope.Store says. After the lease has ended it returns
// ErrLeaseLost.
func (s *Store) Finish(ctx context.Context, key, token string) error {
	return s.end(ctx, finish, key, token, s.ttl.Milliseconds())
}

// Release frees a key, as envelope.Store says. After the lease has ended it returns
// ErrLeaseLost.
func (s *Store) Release(ctx context.Context, key, token string) error {
	return s.end(ctx, release, key, token)
}

func (s *Store) end(ctx context.Context, script *redis.Script, key string, args ...any) error {
	answer, err := script.Run(ctx, s.client, idsOf(key), args...).Text()
	if err == nil && answer != "ok" {
		return envelope.ErrLeaseLost
	}
	return err
}
