# The shape of the classic product's R sample for batch: upload, submit, start, ask each second, fetch the result.
library("RCurl")
library("rjson")

url = Sys.getenv("URL")
api_key = Sys.getenv("KEY")
key_header = c("Authorization" = paste("Bearer", api_key, sep = " "))

call_with = function(url, ...) {
  answer = basicTextGatherer()
  headers = basicHeaderGatherer()
  curlPerform(url = url, writefunction = answer$update, headerfunction = headers$update, ...)
  if (headers$value()["status"] >= 400) {
    message(answer$value())
    quit(status = 1)
  }
  invisible(answer$value())
}

link_of = function(blob) paste(blob$BaseLocation, blob$RelativeLocation, blob$SasBlobToken, sep = "")

upload = paste(url, "/uploads?name=input1data.csv", sep = "")
blob = fromJSON(call_with(upload, httpheader = key_header, postfields = ""))
call_with(link_of(blob), customrequest = "PUT", postfields = paste(readLines("input1data.csv"), collapse = "\n"))
request = list(
  Inputs = list("input1" = blob),
  Outputs = list("output1" = list("RelativeLocation" = "mycontainer/output1results.csv")),
  GlobalParameters = setNames(fromJSON("{}"), character(0))
)
job_id = fromJSON(call_with(
  paste(url, "/jobs?api-version=2.0", sep = ""),
  httpheader = c("Content-Type" = "application/json", key_header),
  postfields = enc2utf8(toJSON(request))
))
job = paste(url, "/jobs/", job_id, sep = "")
call_with(paste(job, "/start?api-version=2.0", sep = ""), httpheader = key_header, postfields = "")
repeat {
  status = fromJSON(call_with(paste(job, "?api-version=2.0", sep = ""), httpheader = key_header))
  if (status$StatusCode %in% c("Failed", "Cancelled", "Finished", 2, 3, 4)) break
  Sys.sleep(1)
}
if (!status$StatusCode %in% c("Finished", 4)) {
  message(status$Details)
  quit(status = 1)
}
cat(call_with(link_of(status$Results$output1)))
