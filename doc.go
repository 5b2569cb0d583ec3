// Package loyaltyhooks is the root of a module that receives the webhooks of four
// loyalty and gamification platforms as typed Go values. Import the package of
// your provider:
//
//   - [github.com/loyaltyhooks/loyaltyhooks/masivo]
//   - [github.com/loyaltyhooks/loyaltyhooks/openloyalty]
//   - [github.com/loyaltyhooks/loyaltyhooks/mambo]
//   - [github.com/loyaltyhooks/loyaltyhooks/ambassify]
//
// # A complete program
//
//	package main
//
//	import (
//		"context"
//		"log"
//		"net/http"
//		"os"
//		"time"
//
//		"github.com/loyaltyhooks/loyaltyhooks/masivo"
//	)
//
//	func main() {
//		h, err := masivo.NewHandler(
//			masivo.Config{Secrets: []string{os.Getenv("MASIVO_WEBHOOK_SECRET")}},
//			masivo.TierUpgrade.Handle(func(ctx context.Context, d *masivo.Delivery[masivo.TierChangeData]) error {
//				log.Printf("from %s to %s", d.Payload.FromTierName, d.Payload.ToTierName)
//				return nil
//			}),
//		)
//		if err != nil {
//			log.Fatal(err)
//		}
//		http.Handle("POST /webhooks/masivo", h)
//		server := &http.Server{Addr: ":8443", ReadHeaderTimeout: 5 * time.Second}
//		log.Fatal(server.ListenAndServeTLS("cert.pem", "key.pem"))
//	}
//
// # The rooms of the house
//
//   - [github.com/loyaltyhooks/loyaltyhooks/envelope] has what every delivery
//     shares: handler, configuration, errors, validation, drift, idempotency. It
//     knows no provider, and a provider of your own is made of it.
//   - masivotest, openloyaltytest, mambotest and ambassifytest, below the
//     providers, give your tests real deliveries in signed requests.
//   - testdata holds those deliveries and the catalogues of all fields with their
//     sources, as an embed.FS.
//   - examples/receiver, inspect and send are programs to run; jetstream, otel and
//     frameworks show the library behind a queue, under observation, and in other
//     routers.
package loyaltyhooks
