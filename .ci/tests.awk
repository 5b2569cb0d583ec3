# Reads what go test -json prints. Shows the closing line of each package, what failed
# tests have printed, and the names of tests that skip. In the end it writes to the
# file counts: packages ok, packages from the cache, tests passed, failed, skipped.

# text returns a member that is a string. A quote inside of a string is escaped, so
# that what a test prints is never taken for a member.
function text(name) {
  if (!match($0, "\"" name "\":\"([^\"\\\\]|\\\\.)*\"")) return ""
  return substr($0, RSTART + length(name) + 4, RLENGTH - length(name) - 5)
}

function plain(s) {
  gsub(/\\\\/, "\001", s)
  gsub(/\\n/, "\n", s)
  gsub(/\\t/, "\t", s)
  gsub(/\\"/, "\"", s)
  gsub(/\\u003c/, "<", s)
  gsub(/\\u003e/, ">", s)
  gsub(/\\u0026/, "\\&", s)
  gsub(/\001/, "\\\\", s)
  return s
}

function show(s) {
  printf "%s", s
  fflush()
}

!/^\{/ { print; next } # Not of go test -json.

{
  action = text("Action")
  package = text("Package")
  test = text("Test")
}

action == "build-output" { show(plain(text("Output"))) }

action == "output" {
  output = text("Output")
  if (output ~ /^=== /) next
  if (test == "" && output ~ /^(ok|FAIL|\?) *\\t/) {
    show(plain(output))
    if (output ~ /^ok/) ok++
    if (output ~ /\(cached\)/) cached++
  } else {
    printed[package, test] = printed[package, test] output
  }
}

action == "fail" {
  if (test != "") {
    failed++
    show(plain(printed[package, test]))
    delete printed[package, test]
  } else { # With what is left of tests that have not ended.
    for (key in printed) {
      if (index(key, package SUBSEP) == 1) {
        show(plain(printed[key]))
        delete printed[key]
      }
    }
  }
}

action == "pass" && test != "" { passed++ }

action == "skip" && test != "" {
  skipped++
  show("skipped: " test " of " package "\n")
}

action == "pass" || action == "skip" { delete printed[package, test] }

END { print ok + 0, cached + 0, passed + 0, failed + 0, skipped + 0 >counts }
