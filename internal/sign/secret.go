package sign

import (
	"errors"
	"strings"
)

// CheckSecrets refuses an empty list and blank secrets: what an environment variable is
// that nobody has set.
func CheckSecrets(secrets []string) error {
	if len(secrets) == 0 {
		return errors.New("no secret")
	}
	for _, secret := range secrets {
		if strings.TrimSpace(secret) == "" {
			return errors.New("a secret is blank")
		}
	}
	return nil
}

// Readings returns each secret without the blanks around it, such as the line feed at the
// end of a file, and as it is where that differs: it may have been chosen with them.
func Readings(secrets []string) ([]string, error) {
	if err := CheckSecrets(secrets); err != nil {
		return nil, err
	}
	readings := make([]string, 0, len(secrets))
	for _, secret := range secrets {
		trimmed := strings.TrimSpace(secret)
		readings = append(readings, trimmed)
		if trimmed != secret {
			readings = append(readings, secret)
		}
	}
	return readings, nil
}
