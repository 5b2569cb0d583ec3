// Package queue puts any queue that Watermill serves (https://watermill.io: NATS JetStream,
// Kafka, RabbitMQ, Google Pub/Sub, AWS SQS, Redis, SQL and more) between a handler that
// receives deliveries and handlers that run your functions.
//
// The sender is told 200 only after the broker has the delivery:
//
//	openloyalty.NewHandler(openloyalty.Config{Secrets: secrets},
//		envelope.HandOff[openloyalty.Meta](queue.Publish(publisher, "webhooks")))
//
// A worker dispatches it to the handler of its provider and name, made with DispatchOnly:
//
//	again, err := queue.Retry(queue.RetryOptions{DeadLetters: publisher, Topic: "dead"})
//	router.AddConsumerHandler("webhooks", "webhooks", subscriber, queue.Worker(handlers...)).AddMiddleware(again)
//
// # What travels
//
// The payload of a message is the body, byte for byte. Its metadata has what else an
// envelope.Message has, as JSON under Metadata, and for other consumers the attributes of
// CloudEvents as its HTTP binding has them in binary mode: ce-id, ce-source, ce-type, ce-time,
// and as extensions ce-tenant and ce-deliverykey. Trace context goes along if Options have
// Inject and RetryOptions have Begin.
//
// # What is tried again
//
// A queue delivers at least once: bind functions that must run once by package sqlonce, or
// set Options.Idempotency; the key of a delivery is the one that it had when it was received.
//
// What may succeed later is tried again by the worker itself, which holds the message
// meanwhile: the time of a broker's acknowledgement must be longer than Attempts and waits
// together, or another worker gets it as well. What can't succeed, and what has failed too
// often, goes to the topic of dead letters, with its kind, the number of attempts and a digest
// of its key, and no text of the body beyond the body itself. A worker that is told to stop,
// and a topic of dead letters that does not answer, leave the message to the broker.
//
// Brokers differ in what they do with a message that is not acknowledged. JetStream, SQS,
// Pub/Sub and RabbitMQ deliver it again, after their own delay if one is set. Kafka, Redis
// streams and SQL hold back what comes behind it in its partition: keep Attempts small there,
// and choose a Partition. With SQL, store payloads as bytes: a body need not be JSON.
package queue
