<?php
// Prints the JSON file named by the argument as http_build_query encodes it by default.
echo http_build_query(json_decode(file_get_contents($argv[1]), true, 512, JSON_THROW_ON_ERROR));
