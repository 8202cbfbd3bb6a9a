// dotnet add package Microsoft.CognitiveServices.Speech
using System;
using System.Threading.Tasks;
using Microsoft.CognitiveServices.Speech;
using Microsoft.CognitiveServices.Speech.Audio;

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

        var config = SpeechConfig.FromEndpoint(new Uri("wss://contoso.cognitiveservices.azure.com/tts/cognitiveservices/websocket/v1"), key);
        config.SpeechSynthesisVoiceName = "en-US-AriaNeural";
        using (var audio = AudioConfig.FromWavFileOutput("speech.wav"))
        using (var synthesizer = new SpeechSynthesizer(config, audio))
        {
            var result = await synthesizer.SpeakTextAsync("Hello, world.");
            if (result.Reason != ResultReason.SynthesizingAudioCompleted)
            {
                Console.Error.WriteLine(SpeechSynthesisCancellationDetails.FromResult(result).ErrorDetails);
                return 1;
            }
        }
        Console.WriteLine("speech.wav written");
        return 0;
    }
}
