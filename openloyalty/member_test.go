package openloyalty_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

// payloadOf is the payload of a bundled delivery: a pointer to its type.
func payloadOf(t *testing.T, event, situation string) any {
	t.Helper()
	golden, err := envelopetest.Find(openloyalty.Name, event, situation, "")
	if err != nil {
		t.Fatal(err)
	}
	return payloadIn(t, golden.Body)
}

// payloadIn is the payload of a body.
func payloadIn(t *testing.T, body []byte) (payload any) {
	t.Helper()
	var routes []openloyalty.Route
	for _, event := range openloyalty.Events() {
		routes = append(routes, event.Handle(func(_ context.Context, d *openloyalty.Delivery[any]) error {
			payload = d.Payload
			return nil
		}))
	}
	h, err := openloyalty.NewHandler(openloyalty.Config{Options: envelope.Options{Unverified: true}}, routes...)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Dispatch(t.Context(), envelope.Message{Body: body}); err != nil {
		t.Fatal(err)
	}
	return payload
}

// place is where a payload keeps its member: paths below data.
type place struct{ id, email, phone, card, wallet string }

// under is the place of an object with the four members of WebhookCustomer.
func under(path string) place {
	return place{path + "customerId", path + "email", path + "phone", path + "loyaltyCardNumber", ""}
}

func (p place) withWallet(path string) place {
	p.wallet = path
	return p
}

func (p place) read(data envelope.Value) openloyalty.MemberRef {
	at := func(path string) string {
		if path == "" {
			return ""
		}
		return data.Get(strings.Split(path, "/")...).String()
	}
	return openloyalty.MemberRef{
		CustomerID: at(p.id), Email: at(p.email), Phone: at(p.phone), LoyaltyCardNumber: at(p.card), WalletID: at(p.wallet),
	}
}

func TestMember(t *testing.T) {
	customer, member := under("customer/"), under("member/")
	id := place{id: "customerId"}
	flat := place{"customerId", "customerEmail", "customerPhone", "customerLoyaltyCardNumber", ""}
	onDocument := under("customerData/")
	onDocument.id = ""
	registered := under("customerData/")
	registered.id = "customerId"
	redeemed := under("issuedReward/customerData/")
	redeemed.id = "issuedReward/customerId"
	legacy := under("data/")
	legacy.id = "customerId"
	nobody := place{}

	places := map[string]place{
		"TransactionRegistered":                      onDocument,
		"TransactionAssignedToCustomer":              customer,
		"AvailablePointsAmountChanged":               customer.withWallet("wallet/walletId"),
		"WalletBalanceUpdated":                       customer.withWallet("wallet/walletId"),
		"PointsWillExpire":                           nobody.withWallet("accountId"),
		"CampaignEffectWasApplied":                   member,
		"CustomerBoughtReward":                       customer,
		"RewardRedemptionStatusChanged":              redeemed,
		"CouponWillExpire":                           customer,
		"CustomerRegistered":                         registered,
		"CustomerWasRegisteredWithoutActivation":     customer,
		"CustomerUpdated":                            customer,
		"CustomerDeactivated":                        customer,
		"CustomerRequestedSendActivationCode":        customer,
		"CustomerRequestedPasswordReset":             customer,
		"CustomerPhoneNumberWasChanged":              customer,
		"CustomerEmailWasChanged":                    customer,
		"CustomerLevelChanged":                       customer,
		"LevelWillExpire":                            flat,
		"UnitsTransferWasAdded":                      member.withWallet("wallet/walletId"),
		"MemberAchievementProgressWasChanged":        member,
		"AchievementCreated":                         nobody,
		"AchievementUpdated":                         nobody,
		"CampaignCreated":                            nobody,
		"CampaignUpdated":                            nobody,
		"RewardCreated":                              nobody,
		"RewardUpdated":                              nobody,
		"SegmentMembershipDropped":                   nobody,
		"customer.registered":                        legacy,
		"customer.updated":                           id,
		"customer.deactivated":                       id,
		"customer.level_changed":                     id,
		"customer.level_changed_automatically":       id,
		"customer.bought_campaign":                   id,
		"transaction.registered":                     onDocument,
		"transaction.assigned_to_customer":           id,
		"account.available_points_amount_changed":    id,
		"AchievementsWereProcessed":                  member,
		"account.expiring_points_notification":       flat,
		"account.expiring_points_reminder_generated": flat,
		"account.expiring_level_notification":        flat,
		"campaign.coupon_expiration":                 flat,
	}
	for _, event := range openloyalty.Events() {
		t.Run(event.Name(), func(t *testing.T) {
			where, ok := places[event.Name()]
			if !ok {
				t.Fatal("nobody has looked where this event keeps its member")
			}
			golden, err := envelopetest.Find(openloyalty.Name, event.Name(), "basic", "")
			if err != nil {
				t.Fatal(err)
			}
			var body struct {
				Data envelope.Value `json:"data"`
			}
			if err := json.Unmarshal(golden.Body, &body); err != nil {
				t.Fatal(err)
			}
			rows := []envelope.Value{body.Data}
			if strings.HasPrefix(string(body.Data.Raw()), "[") {
				if err := body.Data.Decode(&rows); err != nil {
					t.Fatal(err)
				}
			}
			var want []openloyalty.MemberRef
			for _, row := range rows {
				if ref := where.read(row); ref != (openloyalty.MemberRef{}) {
					want = append(want, ref)
				}
			}
			if where != nobody && len(want) == 0 {
				t.Fatal("the golden delivery names no member")
			}
			payload := payloadIn(t, golden.Body)
			if diff := cmp.Diff(want, openloyalty.Members(payload)); diff != "" {
				t.Errorf("Members (-want +got):\n%s", diff)
			}
			var only openloyalty.MemberRef
			if len(want) == 1 {
				only = want[0]
			}
			if diff := cmp.Diff(only, openloyalty.Member(payload)); diff != "" {
				t.Errorf("Member (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMemberSpecialCases(t *testing.T) {
	ana := openloyalty.WebhookCustomer{CustomerID: "a", Email: "ana@example.com"}
	ben := openloyalty.WebhookCustomer{CustomerID: "b"}
	row := func(c openloyalty.WebhookCustomer) openloyalty.ProcessedAchievement {
		return openloyalty.ProcessedAchievement{Member: c}
	}
	refOf := func(c openloyalty.WebhookCustomer) openloyalty.MemberRef {
		return openloyalty.MemberRef{CustomerID: c.CustomerID, Email: c.Email}
	}
	tests := map[string]struct {
		payload any
		want    openloyalty.MemberRef
	}{
		"a value":                      {openloyalty.CustomerOnlyData{Customer: ana}, refOf(ana)},
		"a pointer":                    {&openloyalty.CustomerOnlyData{Customer: ana}, refOf(ana)},
		"an entry of a list":           {row(ana), refOf(ana)},
		"a list of one member":         {openloyalty.AchievementsWereProcessedData{row(ana), row(ana)}, refOf(ana)},
		"a list of two members":        {openloyalty.AchievementsWereProcessedData{row(ana), row(ben)}, openloyalty.MemberRef{}},
		"an empty list":                {openloyalty.LegacyExpiringCouponData{}, openloyalty.MemberRef{}},
		"an empty payload":             {openloyalty.CustomerOnlyData{}, openloyalty.MemberRef{}},
		"no payload":                   {nil, openloyalty.MemberRef{}},
		"another type":                 {"CustomerUpdated", openloyalty.MemberRef{}},
		"the balance of a member":      {openloyalty.WalletBalanceUpdatedData{Member: ben}, refOf(ben)},
		"an account without a wallet":  {openloyalty.AvailablePointsAmountChangedData{AccountID: "w"}, openloyalty.MemberRef{WalletID: "w"}},
		"a legacy phone as a number":   {legacyPhone("48221234578"), openloyalty.MemberRef{Phone: "48221234578"}},
		"a legacy phone as text":       {legacyPhone(`"+48 22 123"`), openloyalty.MemberRef{Phone: "+48 22 123"}},
		"a member with a wallet alone": {openloyalty.PointsWillExpireData{AccountID: "w"}, openloyalty.MemberRef{WalletID: "w"}},
	}
	for name, test := range tests {
		if got := openloyalty.Member(test.payload); got != test.want {
			t.Errorf("%s: got %+v, want %+v", name, got, test.want)
		}
	}
}

func legacyPhone(text string) openloyalty.LegacyCustomerRegisteredData {
	return openloyalty.LegacyCustomerRegisteredData{Data: openloyalty.LegacyCustomerProfile{Phone: envelope.MustValue(text)}}
}
