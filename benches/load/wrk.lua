-- Sends the requests of a file in random order. Each line has a path, a token and a body, separated by tabs; ten hash
-- signs in a body are replaced by a number that is sent only once.
local requests = {}
local run = 0
local sent = 0

function init(args)
  math.randomseed(tonumber(args[2]))
  run = tonumber(args[2]) % 10000 * 1000000
  for line in io.lines(args[1]) do
    local path, token, body = line:match("^([^\t]+)\t([^\t]*)\t(.*)$")
    local whole = wrk.format("POST", path, {
      ["Content-Type"] = "application/json",
      ["Authorization"] = "Bearer " .. token,
    }, body)
    local before, after = whole:match("^(.-)##########(.*)$")
    requests[#requests + 1] = before and { before, after } or { whole }
  end
end

function request()
  local chosen = requests[math.random(#requests)]
  if #chosen == 1 then return chosen[1] end
  sent = sent + 1
  return chosen[1] .. string.format("%010d", run + sent) .. chosen[2]
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format("result %d %f %f %f %d\n", summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
