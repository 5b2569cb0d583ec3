package ambassify

// The events that Ambassify sends, by resource and verb. The documentation lists
// the words, and neither the pairs that occur nor when they do: these are the pairs that
// make sense, with what their words suggest, and any other goes to the Fallback.
var (
	// CampaignCreated fires when a campaign was made: in the control panel, as a
	// draft or at once for the public, or by a member where members may.
	//
	// Inferred: no page says when it is sent.
	//
	// Source: https://ambassify.github.io/webhook-docs/
	CampaignCreated = newEvent[Campaign]("campaign.created")

	// CampaignChanged fires when a campaign was edited.
	//
	// Inferred: no page says when it is sent.
	//
	// Source: https://ambassify.github.io/webhook-docs/
	CampaignChanged = newEvent[Campaign]("campaign.changed")

	// CampaignRemoved fires when a campaign was deleted. The campaign itself may not
	// come any more, only its id.
	//
	// Inferred: no page says when it is sent.
	//
	// Source: https://ambassify.github.io/webhook-docs/
	CampaignRemoved = newEvent[Campaign]("campaign.removed")

	// CampaignPublishedCommunity fires when a campaign went live in the community:
	// at the time of Config.Community.PublishOn, or at once.
	//
	// Inferred: no page says when it is sent.
	//
	// Source: https://ambassify.github.io/webhook-docs/
	CampaignPublishedCommunity = newEvent[Campaign]("campaign.published_community")

	// CampaignPublishedLanding fires when a campaign went live on its landing page:
	// at the time of Config.Landing.PublishOn, or at once.
	//
	// Inferred: no page says when it is sent.
	//
	// Source: https://ambassify.github.io/webhook-docs/
	CampaignPublishedLanding = newEvent[Campaign]("campaign.published_landing")

	// InteractionCreated fires when a member, or an anonymous visitor, did what a
	// campaign asks for.
	//
	// Inferred: no page says when it is sent.
	//
	// Source: https://ambassify.github.io/webhook-docs/
	InteractionCreated = newEvent[Interaction]("interaction.created")

	// InteractionChanged fires when an interaction was altered: most likely its
	// State went from InteractionPending to InteractionRewarded or
	// InteractionRejected.
	//
	// Inferred: no page says when it is sent.
	//
	// Source: https://ambassify.github.io/webhook-docs/
	InteractionChanged = newEvent[Interaction]("interaction.changed")

	// InteractionRemoved fires when an interaction was deleted. The interaction
	// itself may not come any more, only its id.
	//
	// Inferred: no page says when it is sent.
	//
	// Source: https://ambassify.github.io/webhook-docs/
	InteractionRemoved = newEvent[Interaction]("interaction.removed")

	// ConversionCreated fires when a campaign reached its goal, for example because
	// somebody whom a member referred left contact details.
	//
	// Inferred: no page says when it is sent.
	//
	// Source: https://ambassify.github.io/webhook-docs/
	ConversionCreated = newEvent[Conversion]("conversion.created")

	// ConversionChanged fires when a conversion was altered.
	//
	// Inferred: no page says when it is sent.
	//
	// Source: https://ambassify.github.io/webhook-docs/
	ConversionChanged = newEvent[Conversion]("conversion.changed")

	// ConversionRemoved fires when a conversion was deleted. The conversion itself
	// may not come any more, only its id.
	//
	// Inferred: no page says when it is sent.
	//
	// Source: https://ambassify.github.io/webhook-docs/
	ConversionRemoved = newEvent[Conversion]("conversion.removed")

	// PersonCreated fires when a member was made: by signing up, by an import, or
	// as a contact whom a campaign collected.
	//
	// Inferred: no page says when it is sent.
	//
	// Source: https://ambassify.github.io/webhook-docs/
	PersonCreated = newEvent[Person]("person.created")

	// PersonChanged fires when something about a member changed: properties,
	// groups, role, points or consent.
	//
	// Inferred: no page says when it is sent.
	//
	// Source: https://ambassify.github.io/webhook-docs/
	PersonChanged = newEvent[Person]("person.changed")

	// PersonRemoved fires when a member was deleted. The member may not come any
	// more, only the id.
	//
	// Inferred: no page says when it is sent.
	//
	// Source: https://ambassify.github.io/webhook-docs/
	PersonRemoved = newEvent[Person]("person.removed")
)
