package sqlonce

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"reflect"
	"slices"
	"strings"
)

// isTransient reports whether a transaction that failed may succeed when it is run again:
// two of them were in each other's way, or the connection was lost. An error that looks like
// that of a network may be of something else that a function has called, unless it came
// from a statement of this package, or the transaction could not be rolled back either.
func isTransient(err error) bool {
	var failed *databaseError
	return walk(err, isTransientCode) || errors.As(err, &failed) && isLost(err)
}

func isLost(err error) bool {
	for _, lost := range []error{driver.ErrBadConn, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed} {
		if errors.Is(err, lost) {
			return true
		}
	}
	var network net.Error
	return errors.As(err, &network)
}

// walk reports whether a check holds for an error of the tree.
func walk(err error, check func(error) bool) bool {
	if err == nil {
		return false
	}
	if check(err) {
		return true
	}
	switch wrapped := err.(type) { //nolint:errorlint // The tree is walked here.
	case interface{ Unwrap() error }:
		return walk(wrapped.Unwrap(), check)
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(wrapped.Unwrap(), func(err error) bool { return walk(err, check) })
	}
	return false
}

// states are those of SQLSTATE that pass: serialization failure, deadlock, a lock that is
// not available, and a server that is shut down, starts, or has no room.
var states = []string{"40001", "40P01", "55P03", "57P01", "57P02", "57P03", "53300", "53400"}

// Numbers of MySQL: a deadlock, a lock's time that is over, a server that is shut down or
// gone, and no room.
var numbers = []uint64{1213, 1205, 1053, 2006, 2013, 1040, 1927}

// Codes of SQLite, of which the lowest byte counts: busy and locked.
var codes = []int64{5, 6}

// isTransientCode looks at the codes of drivers, without importing them: SQLSTATE of pgx
// and lib/pq by a method, and the fields or methods of MySQL's and SQLite's errors.
func isTransientCode(err error) bool {
	if e, ok := err.(interface{ SQLState() string }); ok {
		state := e.SQLState()
		return slices.Contains(states, state) || strings.HasPrefix(state, "08")
	}
	if e, ok := err.(interface{ Code() int }); ok {
		return slices.Contains(codes, int64(e.Code()&0xff))
	}
	v := reflect.Indirect(reflect.ValueOf(err))
	if v.Kind() != reflect.Struct {
		return strings.HasSuffix(err.Error(), "invalid connection") // mysql.ErrInvalidConn
	}
	switch v.Type().Name() {
	case "MySQLError":
		number := v.FieldByName("Number")
		return number.CanUint() && slices.Contains(numbers, number.Uint())
	case "Error": // of github.com/mattn/go-sqlite3
		code := v.FieldByName("Code")
		return code.CanInt() && v.FieldByName("ExtendedCode").IsValid() && slices.Contains(codes, code.Int()&0xff)
	}
	return strings.HasSuffix(err.Error(), "invalid connection")
}
