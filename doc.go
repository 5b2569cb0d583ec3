// Package loyaltyhooks receives the webhooks of four loyalty platforms.
package loyaltyhooks
