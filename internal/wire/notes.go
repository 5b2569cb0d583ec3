package wire

// NoteKind says how a value differs from its type.
type NoteKind string

// The kinds of notes.
const (
	UnknownMember   NoteKind = "unknown_member"   // no field holds the member
	UnknownValue    NoteKind = "unknown_value"    // a text that its type does not list
	WrongType       NoteKind = "wrong_type"       // the value does not fit
	InvalidText     NoteKind = "invalid_text"     // text that is not Unicode
	DuplicateMember NoteKind = "duplicate_member" // sent twice: the last one counts
)

// Note is one difference.
type Note struct {
	Kind     NoteKind
	Pointer  string // in the body
	Identity bool   // of WrongType: the member is an identity
}

// Notes are the differences of a delivery. Misfits, those of kind WrongType, are
// always noted, the others if somebody listens.
type Notes struct {
	Listening       bool
	Misfits, Others NoteList
}

// NoteList is a bounded list of notes.
type NoteList struct {
	List  []Note // the first ones
	Total int    // also of those that are not listed
	bytes int    // of the pointers
}

// maxListed bounds the differences that are listed of each sort, and maxPointers the
// bytes of their pointers until the last one.
const (
	maxListed   = 100
	maxPointers = 8 << 10
)

// isFull reports whether no more is listed.
func (l *NoteList) isFull() bool { return len(l.List) >= maxListed || l.bytes > maxPointers }

func (l *NoteList) add(n Note) {
	l.List = append(l.List, n)
	l.bytes += len(n.Pointer)
}

// Misfit notes a value that does not fit.
func (n *Notes) Misfit(pointer string) {
	if n.Misfits.Total++; !n.Misfits.isFull() {
		n.Misfits.add(Note{Kind: WrongType, Pointer: pointer})
	}
}

// InvalidText notes a text that is not Unicode.
func (n *Notes) InvalidText(pointer string) {
	if !n.Listening {
		return
	}
	if n.Others.Total++; !n.Others.isFull() {
		n.Others.add(Note{Kind: InvalidText, Pointer: pointer})
	}
}

// misfit notes the value that was just read. It reports whether it is listed: a
// pointer costs something.
func (r *Reader) misfit(rule *Rule) (listed bool) {
	if r.Misfits.Total++; r.long || r.Misfits.isFull() {
		return false
	}
	r.Misfits.add(Note{WrongType, r.Pointer(), rule.isIdentity()})
	return true
}

// differs notes another difference at the value that was just read.
func (r *Reader) differs(kind NoteKind) {
	if !r.Listening {
		return
	}
	if r.Others.Total++; !r.long && !r.Others.isFull() {
		r.Others.add(Note{Kind: kind, Pointer: r.Pointer()})
	}
}

// Unknown passes over a member that no field holds.
func (r *Reader) Unknown() error {
	r.differs(UnknownMember)
	return r.Skip()
}
