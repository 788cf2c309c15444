-- Posts the bodies of a file in turn, one a line, and prints what was measured as one line of JSON.
local requests, turn = {}, 0

function init(arguments)
  local headers = {}
  for line in io.lines(arguments[1]) do
    local name, value = line:match("^([^:]+): (.*)$")
    headers[name] = value
  end
  for line in io.lines(arguments[2]) do
    requests[#requests + 1] = wrk.format("POST", nil, headers, line)
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency, _)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"failed":%d,"p50":%.4f,"p99":%.4f}\n',
    summary.requests, summary.duration / 1e6, failed, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
