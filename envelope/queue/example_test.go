package queue_test

import (
	"log"
	"os"
	"strings"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/queue"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

var (
	publisher  message.Publisher
	subscriber message.Subscriber
	router     *message.Router
	secrets    []string
	workers    []*envelope.Handler
)

func Example() {
	receiver, err := openloyalty.NewHandler(openloyalty.Config{Secrets: secrets},
		envelope.HandOff[openloyalty.Meta](queue.Publish(publisher, "webhooks"))) // 200 once the broker has it
	if err != nil {
		log.Fatal(err)
	}
	again, err := queue.Retry(queue.RetryOptions{DeadLetters: publisher, Topic: "dead"})
	if err != nil {
		log.Fatal(err)
	}
	router.AddConsumerHandler("webhooks", "webhooks", subscriber, queue.Worker(workers...)).AddMiddleware(again)
	use(receiver)
}

func use(*envelope.Handler) {}

// TestReadme: what the first page of the project shows compiles here.
func TestReadme(t *testing.T) {
	source, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(string(source), "func Example() {\n")
	shown, _, _ = strings.Cut(shown, "\tuse(")
	if shown = strings.ReplaceAll("\n"+shown, "\n\t", "\n"); len(shown) < 100 || !strings.Contains(string(readme), shown) {
		t.Errorf("README.md does not have %s", shown)
	}
}
