package ambassify

import "github.com/loyaltyhooks/loyaltyhooks/envelope"

// Campaign is something that the company asks of its advocates: to share a link,
// to refer a friend, to answer a survey.
//
// Source: https://ambassify.github.io/webhook-docs/
type Campaign struct {
	ID           envelope.Int       `json:"id,omitzero"`                                         // unique among campaigns
	Name         string             `json:"name,omitzero"`                                       // shown to administrators only
	Created      envelope.UnixTime  `json:"created,omitzero"`                                    // when it was made; in seconds is an inference, no unit is documented
	Organization envelope.Int       `json:"organization,omitzero"`                               // account of the company, the same as Meta.OrganizationID
	Title        MultilingualString `json:"title,omitzero"`                                      // what the public sees
	Author       CampaignAuthor     `json:"author,omitzero"`                                     // who made it
	Image        CampaignImage      `json:"image,omitzero"`                                      // at the top of the campaign
	Summary      MultilingualString `json:"summary,omitzero"`                                    // for the dashboard of the community
	Link         MultilingualURL    `json:"link,omitzero" validate:"dive,omitempty,format"`      // external page that the campaign is about, if there is one
	ShortLink    MultilingualURL    `json:"shortLink,omitzero" validate:"dive,omitempty,format"` // short form of Link, the same for every member
	Config       CampaignConfig     `json:"config,omitzero"`                                     // settings
	Promote      CampaignPromote    `json:"promote,omitzero"`                                    // how it looks when it is shared on social media
}

// CampaignAuthor is who made a campaign: an administrator, or an ordinary member
// where members may make campaigns.
//
// Source: https://ambassify.github.io/webhook-docs/
type CampaignAuthor struct {
	Name string `json:"name,omitzero"` // full name
}

// CampaignImage is the picture at the top of a campaign.
//
// Source: https://ambassify.github.io/webhook-docs/
type CampaignImage struct {
	Location MultilingualString `json:"location,omitzero"` // URL of the picture; documented as text
}

// CampaignConfig is the settings of a campaign.
//
// Source: https://ambassify.github.io/webhook-docs/
type CampaignConfig struct {
	Preset    string        `json:"preset,omitzero"`    // the platform's template that the campaign was made from; its names are not documented
	Comments  bool          `json:"comments,omitzero"`  // members can comment
	Fistbump  bool          `json:"fistbump,omitzero"`  // the icon to applaud with is shown
	Languages []Language    `json:"languages,omitzero"` // that the campaign is written in
	Channels  []Channel     `json:"channels,omitzero"`  // where it can appear
	Community ChannelConfig `json:"community,omitzero"` // settings of the channel community
	Landing   ChannelConfig `json:"landing,omitzero"`   // settings of the channel landing
}

// Channel is a place where a campaign can appear.
//
// Source: https://ambassify.github.io/webhook-docs/
type Channel string

// The documented channels.
const (
	ChannelCommunity Channel = "community" // the site for members
	ChannelLanding   Channel = "landing"   // a public page
)

// Known reports whether c is one of the constants.
func (c Channel) Known() bool { return c == ChannelCommunity || c == ChannelLanding }

// ChannelConfig is the settings of a campaign on one channel.
//
// Source: https://ambassify.github.io/webhook-docs/
type ChannelConfig struct {
	Enabled   bool              `json:"enabled,omitzero"`   // the campaign is on this channel
	PublishOn envelope.UnixTime `json:"publishOn,omitzero"` // when it first appears; 0 if not set
	FinishOn  envelope.UnixTime `json:"finishOn,omitzero"`  // when its challenge closes; 0 if not set
}

// CampaignPromote is how a campaign looks when it is shared on social media.
//
// Source: https://ambassify.github.io/webhook-docs/
type CampaignPromote struct {
	Title       MultilingualString `json:"title,omitzero"`                                  // of the post
	Description MultilingualString `json:"description,omitzero"`                            // below the title
	Image       MultilingualURL    `json:"image,omitzero" validate:"dive,omitempty,format"` // URL itself, unlike Campaign.Image
}
