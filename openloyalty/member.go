package openloyalty

// MemberRef is who a payload is about, as far as the payload says: any of its
// fields may be empty.
type MemberRef struct {
	CustomerID        string // id that Open Loyalty gave the member
	Email             string // of a transaction: as on the document
	Phone             string // of a transaction: as on the document
	LoyaltyCardNumber string // often your own id of the member
	WalletID          string // wallet of the member; all that PointsWillExpire says
}

// Member gives the member whom a payload of this package is about, wherever the
// payload keeps it: under customer, under member, in members of its own, or
// deeper down. A TransactionRegistered has what the document says about the
// customer and no id; events about achievements, campaigns, rewards and segments
// as such have no member, for which the result is zero.
//
// For a payload that is a list it is the member of all entries, or zero if they
// have several. See Members, or give Member the entries one by one.
func Member(payload any) MemberRef {
	members := Members(payload)
	if len(members) != 1 {
		return MemberRef{}
	}
	return members[0]
}

// Members gives every member whom a payload is about, each once and in the order
// of the payload. Only payloads that are lists have more than one.
func Members(payload any) []MemberRef {
	switch p := payload.(type) {
	case interface{ members() []MemberRef }:
		return p.members()
	case interface{ member() MemberRef }:
		return distinct([]MemberRef{p.member()})
	}
	return nil
}

// membersOf collects the members of the entries of a list.
func membersOf[T interface{ member() MemberRef }](rows []T) []MemberRef {
	members := make([]MemberRef, len(rows))
	for i, row := range rows {
		members[i] = row.member()
	}
	return distinct(members)
}

// distinct drops empty references and those that came before.
func distinct(members []MemberRef) []MemberRef {
	var kept []MemberRef
	seen := map[MemberRef]bool{{}: true}
	for _, m := range members {
		if !seen[m] {
			seen[m] = true
			kept = append(kept, m)
		}
	}
	return kept
}

func (c WebhookCustomer) member() MemberRef {
	return MemberRef{CustomerID: c.CustomerID, Email: c.Email, Phone: c.Phone, LoyaltyCardNumber: c.LoyaltyCardNumber}
}
