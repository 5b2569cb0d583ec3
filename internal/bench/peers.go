package bench

import (
	"net/http"

	webhooks "github.com/go-playground/webhooks/v6/github"
	gogithub "github.com/google/go-github/v89/github"
)

// newWebhooks is a receiver as the documentation of go-playground/webhooks writes
// it.
func newWebhooks(take func(webhooks.IssuesPayload)) (http.Handler, error) {
	hook, err := webhooks.New(webhooks.Options.Secret(secret))
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		payload, err := hook.Parse(r, webhooks.IssuesEvent)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if issue, ok := payload.(webhooks.IssuesPayload); ok {
			take(issue)
		}
		w.WriteHeader(http.StatusOK)
	}), nil
}

// newGoGitHub is a receiver as the documentation of google/go-github writes it.
func newGoGitHub(take func(*gogithub.IssuesEvent)) http.Handler {
	key := []byte(secret)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		payload, err := gogithub.ValidatePayload(r, key)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		event, err := gogithub.ParseWebHook(gogithub.WebHookType(r), payload)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if issue, ok := event.(*gogithub.IssuesEvent); ok {
			take(issue)
		}
		w.WriteHeader(http.StatusOK)
	})
}
