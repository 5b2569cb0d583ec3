package envelope_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
)

// merchantSecrets is what your database has; it may change at any time.
var merchantSecrets = map[string][]string{"north": {"SECRET-N"}, "south": {"SECRET-S"}}

// One endpoint for all merchants: each has secrets of its own, which are looked up for
// every delivery, so that a change counts at once. Keep what you look up for a moment if
// that is slow.
func ExampleTenant() {
	h, err := masivo.NewHandler(
		masivo.Config{Options: envelope.Options{
			Tenant: func(r *http.Request) (envelope.Tenant, error) {
				name := r.PathValue("merchant")
				secrets, ok := merchantSecrets[name]
				if !ok {
					return envelope.Tenant{}, envelope.ErrUnknownTenant
				}
				return envelope.Tenant{Name: name, Secrets: secrets}, nil
			},
		}},
		masivo.CouponRedemption.Handle(func(_ context.Context, d *masivo.Delivery[masivo.CouponRedemptionData]) error {
			fmt.Println(d.Tenant, d.Payload.CustomerID)
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/{merchant}", h)

	body := `{"event": "COUPON_REDEMPTION", "data": {"customer_id": "7", "campaign_id": "c", "code": "X"}}`
	for _, target := range []string{"/webhooks/north?secret=SECRET-N", "/webhooks/south?secret=SECRET-N", "/webhooks/west?secret=SECRET-N"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodPost, target, strings.NewReader(body)))
		fmt.Println(w.Code)
	}
	// Output:
	// north 7
	// 200
	// 401
	// 401
}

// The order in which a service ends: the server, so that nothing new comes; the handlers;
// the workers behind a queue; and what all of them use.
func ExampleHandler_Shutdown() {
	db := new(database) // *sql.DB in real life
	h, err := masivo.NewHandler(masivo.Config{Secrets: []string{"LONG-RANDOM-TEXT"}})
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Addr: "127.0.0.1:8080", Handler: h, ReadHeaderTimeout: 5 * time.Second}
	stopped, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var workers sync.WaitGroup
	workers.Go(func() { <-stopped.Done() }) // Takes messages and calls Dispatch until then.
	go func() {
		if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
			log.Print(err)
		}
		stop()
	}()

	<-stopped.Done()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := errors.Join(server.Shutdown(ctx), h.Shutdown(ctx)); err != nil {
		log.Print(err)
	}
	workers.Wait()
	db.Close()
}

type database struct{}

func (*database) Close() {}
