#!/bin/sh
# Writes <situation>.qs.form and <situation>.php.form beside every JSON golden of
# Ambassify, with the encoders themselves: qs (npm) and http_build_query (PHP, for
# example Debian's php-cli). Situations about drift have no forms: what a form makes
# of a mistyped member is another value.
#
#   npm ci && ./generate.sh
set -eu
cd "$(dirname "$0")"
find .. -name '*.form' -delete
for json in ../*/*.json; do
	case "$json" in
	../_*) continue ;;
	*/drift-*) continue ;;
	esac
	node qs.js "$json" >"${json%.json}.qs.form"
	php build_query.php "$json" >"${json%.json}.php.form"
done
