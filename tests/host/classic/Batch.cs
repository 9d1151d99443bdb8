// The shape of the classic product's C# sample for batch: upload, submit, start, ask each second, fetch the result.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Threading;
using System.Threading.Tasks;

public class AzureBlobDataReference
{
    public string ConnectionString { get; set; }
    public string RelativeLocation { get; set; }
    public string BaseLocation { get; set; }
    public string SasBlobToken { get; set; }
}

public enum BatchScoreStatusCode { NotStarted, Running, Failed, Cancelled, Finished }

public class BatchScoreStatus
{
    public BatchScoreStatusCode StatusCode { get; set; }
    public IDictionary<string, AzureBlobDataReference> Results { get; set; }
    public string Details { get; set; }
}

public class BatchExecutionRequest
{
    public IDictionary<string, AzureBlobDataReference> Inputs { get; set; }
    public IDictionary<string, AzureBlobDataReference> Outputs { get; set; }
    public IDictionary<string, string> GlobalParameters { get; set; }
}

public static class Batch
{
    public static void Main()
    {
        Score().Wait();
    }

    private static async Task Score()
    {
        string url = Environment.GetEnvironmentVariable("URL");
        string apiKey = Environment.GetEnvironmentVariable("KEY");
        using (var client = new HttpClient())
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
            var made = await client.PostAsync(url + "/uploads?name=input1data.csv", null);
            var blob = await made.EnsureSuccessStatusCode().Content.ReadAsAsync<AzureBlobDataReference>();
            var file = new StreamContent(File.OpenRead("input1data.csv"));
            await client.PutAsync(blob.BaseLocation + blob.RelativeLocation + blob.SasBlobToken, file);
            var request = new BatchExecutionRequest
            {
                Inputs = new Dictionary<string, AzureBlobDataReference> { { "input1", blob } },
                Outputs = new Dictionary<string, AzureBlobDataReference>
                {
                    { "output1", new AzureBlobDataReference { RelativeLocation = "/mycontainer/output1results.csv" } },
                },
                GlobalParameters = new Dictionary<string, string>(),
            };
            var response = await client.PostAsJsonAsync(url + "/jobs?api-version=2.0", request);
            string jobId = await response.EnsureSuccessStatusCode().Content.ReadAsAsync<string>();
            response = await client.PostAsync(url + "/jobs/" + jobId + "/start?api-version=2.0", null);
            response.EnsureSuccessStatusCode();
            BatchScoreStatus status = await Ended(client, url + "/jobs/" + jobId + "?api-version=2.0");
            if (status.StatusCode == BatchScoreStatusCode.Finished)
            {
                var result = status.Results.ElementAt(0).Value;
                var place = new Uri(new Uri(result.BaseLocation), result.RelativeLocation + result.SasBlobToken);
                Console.Write(await new HttpClient().GetStringAsync(place));
            }
            else
            {
                Console.Error.WriteLine("{0} {1}", status.StatusCode, status.Details);
                Environment.ExitCode = 1;
            }
        }
    }

    private static async Task<BatchScoreStatus> Ended(HttpClient client, string job)
    {
        while (true)
        {
            var response = await client.GetAsync(job);
            var status = await response.EnsureSuccessStatusCode().Content.ReadAsAsync<BatchScoreStatus>();
            if (status.StatusCode >= BatchScoreStatusCode.Failed)
            {
                return status;
            }
            Thread.Sleep(1000);
        }
    }
}
