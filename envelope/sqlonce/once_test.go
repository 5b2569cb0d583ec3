package sqlonce_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/sqlonce"
)

// scripted is a database whose statements fail as a test says. Real ones have a module of
// their own, internal/testing/databases.
type scripted struct {
	begins, inserts, commits []error // of each attempt; nil when there are no more
	there                    bool    // the key is committed
	committed, rolledBack    int
}

func next(errs *[]error) error {
	if len(*errs) == 0 {
		return nil
	}
	err := (*errs)[0]
	*errs = (*errs)[1:]
	return err
}

func (s *scripted) Begin(context.Context) (int, error) { return 0, next(&s.begins) }

// errDone is a commit that was done, and whose answer was lost.
var errDone = errors.Join(io.ErrUnexpectedEOF)

func (s *scripted) Commit(context.Context, int) error {
	err := next(&s.commits)
	if err == nil || errors.Is(err, errDone) {
		s.committed++
		s.there = true
	}
	return err
}

func (s *scripted) Rollback(context.Context, int) error { s.rolledBack++; return nil }

func (s *scripted) Exec(context.Context, int, string, ...any) (int64, error) {
	if err := next(&s.inserts); err != nil {
		return 0, err
	}
	if s.there {
		return 0, nil
	}
	return 1, nil
}

// state is an error with a code as PostgreSQL's drivers have it.
type state string

func (s state) Error() string    { return "state " + string(s) }
func (s state) SQLState() string { return string(s) }

// code is an error with a number as SQLite's drivers have it.
type code int

func (c code) Error() string { return "code" }
func (c code) Code() int     { return int(c) }

// MySQLError has the name and the field of MySQL's.
type MySQLError struct{ Number uint16 }

func (e *MySQLError) Error() string { return "number" }

func TestAttempts(t *testing.T) {
	mine := errors.New("mine")
	for name, test := range map[string]struct {
		db   scripted
		fn   []error // of each run
		want error   // nil, or the one that is in what Do returns
		runs int
		busy bool // told as 503
	}{
		"done":                          {runs: 1},
		"repetition":                    {db: scripted{there: true}, want: envelope.ErrDuplicate},
		"fails":                         {fn: []error{mine}, want: mine, runs: 1},
		"duplicate of its own":          {fn: []error{envelope.ErrDuplicate}, want: envelope.ErrDuplicate, runs: 1},
		"deadlock":                      {fn: []error{state("40P01"), nil}, runs: 2},
		"wrapped":                       {fn: []error{errors.Join(mine, state("40001")), nil}, runs: 2},
		"constraint":                    {fn: []error{state("23505")}, want: state("23505"), runs: 1},
		"busy":                          {fn: []error{code(5), code(5 | 2<<8), nil}, runs: 3},
		"corrupt":                       {fn: []error{code(11)}, want: code(11), runs: 1},
		"MySQL's deadlock":              {fn: []error{&MySQLError{1213}, nil}, runs: 2},
		"MySQL's duplicate":             {fn: []error{&MySQLError{1062}}, want: &MySQLError{}, runs: 1},
		"a service's connection":        {fn: []error{io.EOF}, want: io.EOF, runs: 1},
		"connection of begin":           {db: scripted{begins: []error{driver.ErrBadConn}}, runs: 1},
		"refused for good":              {db: scripted{begins: []error{mine}}, want: mine, busy: true},
		"connection of the key":         {db: scripted{inserts: []error{io.EOF}}, runs: 1},
		"lost before the commit":        {db: scripted{commits: []error{io.EOF}}, runs: 2},
		"lost after the commit":         {db: scripted{commits: []error{errDone}}, runs: 1},
		"serialization at the commit":   {db: scripted{commits: []error{state("40001")}}, runs: 2},
		"refused at the commit":         {db: scripted{commits: []error{state("23503")}}, want: state("23503"), runs: 1, busy: true},
		"lost, then somebody was first": {db: scripted{begins: []error{io.EOF}, there: true}, want: envelope.ErrDuplicate},
	} {
		t.Run(name, func(t *testing.T) {
			db, runs := test.db, 0
			once := sqlonce.NewFor(sqlonce.Database[int](&db), sqlonce.Postgres)
			do := sqlonce.Do(once, func(context.Context, int, *envelope.Delivery[int, int]) error {
				runs++
				return next(&test.fn)
			})
			err := do(t.Context(), &envelope.Delivery[int, int]{Key: "k"})
			var number *MySQLError
			switch is := errors.Is(err, test.want); {
			case test.want == nil && err != nil:
				t.Errorf("error %v", err)
			case test.want != nil && !is && !(errors.As(test.want, &number) && errors.As(err, &number)):
				t.Errorf("error %v, want %v", err, test.want)
			}
			if runs != test.runs {
				t.Errorf("%d runs, want %d", runs, test.runs)
			}
			if effects := db.committed; test.want == nil && effects != 1 || test.want != nil && effects != 0 {
				t.Errorf("%d commits", effects)
			}
			if busy := retries(err); busy != test.busy {
				t.Errorf("told as busy: %t", busy)
			}
		})
	}
}

// retries reports whether an error asks the sender for another try.
func retries(err error) bool {
	var e *envelope.Error
	return errors.As(err, &e) && e.Status() == http.StatusServiceUnavailable
}

func TestAttemptsEnd(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	db := scripted{begins: slices.Repeat([]error{error(state("53300"))}, 1000)}
	once := sqlonce.NewFor(sqlonce.Database[int](&db), sqlonce.SQLite)
	do := sqlonce.Do(once, func(context.Context, int, *envelope.Delivery[int, int]) error { return nil })
	if err := do(ctx, &envelope.Delivery[int, int]{Key: "k"}); !retries(err) || !errors.Is(err, state("53300")) {
		t.Errorf("without room until the time is over: %v", err)
	}
	db = scripted{begins: slices.Repeat([]error{error(state("53300"))}, 11)}
	once = sqlonce.NewFor(sqlonce.Database[int](&db), sqlonce.Postgres)
	do = sqlonce.Do(once, func(context.Context, int, *envelope.Delivery[int, int]) error { return nil })
	if err := do(t.Context(), &envelope.Delivery[int, int]{Key: "k"}); !retries(err) || len(db.begins) != 1 {
		t.Errorf("ten attempts: %v, %d left", err, len(db.begins))
	}
}

func TestPanicRollsBack(t *testing.T) {
	db := scripted{}
	once := sqlonce.NewFor(sqlonce.Database[int](&db), sqlonce.Postgres)
	do := sqlonce.Do(once, func(context.Context, int, *envelope.Delivery[int, int]) error { panic("x") })
	for range 2 { // The key's turn is over, too.
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			_ = do(t.Context(), &envelope.Delivery[int, int]{Key: "k"})
		}()
	}
	if db.rolledBack != 2 || db.committed != 0 {
		t.Errorf("%d rolled back, %d committed", db.rolledBack, db.committed)
	}
}

// TestTurns: a repetition in the same process takes no connection while the first runs.
func TestTurns(t *testing.T) {
	db := scripted{}
	once := sqlonce.NewFor(sqlonce.Database[int](&db), sqlonce.Postgres)
	started, end := make(chan struct{}), make(chan struct{})
	do := sqlonce.Do(once, func(context.Context, int, *envelope.Delivery[int, int]) error {
		close(started)
		<-end
		return nil
	})
	first := make(chan error, 1)
	go func() { first <- do(t.Context(), &envelope.Delivery[int, int]{Key: "k"}) }()
	<-started
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := do(ctx, &envelope.Delivery[int, int]{Key: "k"}); !errors.Is(err, context.Canceled) || !retries(err) {
		t.Errorf("a repetition whose time is over: %v", err)
	}
	close(end)
	if err := <-first; err != nil {
		t.Error(err)
	}
	if err := do(t.Context(), &envelope.Delivery[int, int]{Key: "k"}); !errors.Is(err, envelope.ErrDuplicate) {
		t.Errorf("afterwards: %v", err)
	}
}

func TestWithoutKey(t *testing.T) {
	db := scripted{}
	once := sqlonce.NewFor(sqlonce.Database[int](&db), sqlonce.Postgres)
	fn := func(context.Context, int, *envelope.Delivery[int, int]) error { return nil }
	if err := sqlonce.Do(once, fn)(t.Context(), &envelope.Delivery[int, int]{}); !errors.Is(err, sqlonce.ErrNoKey) {
		t.Error(err)
	}
	for range 2 {
		if err := sqlonce.Do(once, fn, sqlonce.Unkeyed)(t.Context(), &envelope.Delivery[int, int]{}); err != nil {
			t.Error(err)
		}
	}
	if db.committed != 2 {
		t.Errorf("%d commits", db.committed)
	}
}
