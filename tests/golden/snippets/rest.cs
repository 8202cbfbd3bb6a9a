// .NET alone is enough.
using System;
using System.IO;
using System.Net.Http;
using System.Text;
using System.Threading.Tasks;

class Program
{
    static int Main() => Run().GetAwaiter().GetResult();

    static async Task<int> Run()
    {
        var key = Environment.GetEnvironmentVariable("SPEECH_KEY");
        if (string.IsNullOrEmpty(key))
        {
            Console.Error.WriteLine("SPEECH_KEY is not set");
            return 1;
        }

        var url = "https://contoso.cognitiveservices.azure.com/speechtotext/transcriptions:transcribe?api-version=2025-10-15";
        using (var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }))
        using (var request = new HttpRequestMessage(new HttpMethod("POST"), url))
        {
            request.Headers.Add("Ocp-Apim-Subscription-Key", key);
            var form = new MultipartFormDataContent();
            form.Add(new ByteArrayContent(File.ReadAllBytes("audio.wav")), "audio", "audio.wav");
            form.Add(new ByteArrayContent(Encoding.UTF8.GetBytes("{\"locales\":[\"en-US\"]}")), "definition");
            request.Content = form;
            using (var response = await client.SendAsync(request))
            {
                if (!response.IsSuccessStatusCode)
                {
                    Console.Error.WriteLine((int)response.StatusCode + " " + await response.Content.ReadAsStringAsync());
                    return 1;
                }
                Console.WriteLine(await response.Content.ReadAsStringAsync());
            }
        }
        return 0;
    }
}
