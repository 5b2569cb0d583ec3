package main

import (
	"fmt"
	"strings"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/ambassify/ambassifytest"
	"github.com/loyaltyhooks/loyaltyhooks/examples/internal/cli"
)

var ambassifyProvider = describe(
	provider{
		name:    ambassify.Name,
		proof:   "query value " + ambassify.SecretQuery,
		payload: func(event string) string { return "/" + before(event, ".") },
		request: requestOf(cli.Settings.Ambassify, ambassifytest.Request),
	},
	cli.Settings.Ambassify, ambassify.NewHandler,
	on(ambassify.CampaignCreated, ambassifyCampaign("was created")),
	on(ambassify.CampaignChanged, ambassifyCampaign("was changed")),
	on(ambassify.CampaignRemoved, ambassifyCampaign("was removed")),
	on(ambassify.CampaignPublishedCommunity, ambassifyCampaign("went live in the community")),
	on(ambassify.CampaignPublishedLanding, ambassifyCampaign("went live on its landing page")),
	on(ambassify.InteractionCreated, interaction("took part in")),
	on(ambassify.InteractionChanged, interaction("changed a part in")),
	on(ambassify.InteractionRemoved, interaction("left")),
	on(ambassify.ConversionCreated, conversion("was created")),
	on(ambassify.ConversionChanged, conversion("was changed")),
	on(ambassify.ConversionRemoved, conversion("was removed")),
	on(ambassify.PersonCreated, person("was created")),
	on(ambassify.PersonChanged, person("was changed")),
	on(ambassify.PersonRemoved, person("was removed")),
)

func before(text, separator string) string {
	head, _, _ := strings.Cut(text, separator)
	return head
}

func ambassifyCampaign(what string) func(*ambassify.Delivery[ambassify.Campaign]) string {
	return func(d *ambassify.Delivery[ambassify.Campaign]) string {
		return fmt.Sprintf("campaign %s %s", first(d.Payload.Title.In("en"), d.Payload.Name, d.Meta.CampaignID.String()), what)
	}
}

func interaction(did string) func(*ambassify.Delivery[ambassify.Interaction]) string {
	return func(d *ambassify.Delivery[ambassify.Interaction]) string {
		return fmt.Sprintf("%s %s campaign %s for %s points", first(string(d.Payload.Member)), did, first(d.Payload.Campaign.String(), d.Meta.CampaignID.String()), first(d.Payload.Points.String(), "no"))
	}
}

func conversion(what string) func(*ambassify.Delivery[ambassify.Conversion]) string {
	return func(d *ambassify.Delivery[ambassify.Conversion]) string {
		return fmt.Sprintf("conversion %s of %s %s", first(d.Payload.ID.String(), d.Meta.ConversionID.String()), first(string(d.Payload.Member)), what)
	}
}

func person(what string) func(*ambassify.Delivery[ambassify.Person]) string {
	return func(d *ambassify.Delivery[ambassify.Person]) string {
		return first(d.Payload.Profile.Email.String(), string(d.Meta.PersonID)) + " " + what
	}
}
