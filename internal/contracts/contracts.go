package contracts

import "github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"

// All returns each contract by its path in testdata.
func All() (map[string][]byte, error) {
	all := map[string][]byte{}
	for provider := range titles {
		catalog, err := envelopetest.ReadCatalog(provider)
		if err != nil {
			return nil, err
		}
		for folder, write := range map[string]func(*envelopetest.Catalog) ([]byte, error){"schema": Schema, "asyncapi": AsyncAPI} {
			text, err := write(catalog)
			if err != nil {
				return nil, err
			}
			all[folder+"/"+provider+".json"] = text
		}
	}
	return all, nil
}
