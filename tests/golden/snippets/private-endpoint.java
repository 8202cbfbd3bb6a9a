// Maven: com.microsoft.cognitiveservices.speech:client-sdk:1.53.0
import com.microsoft.cognitiveservices.speech.CancellationReason;
import com.microsoft.cognitiveservices.speech.SpeechConfig;
import com.microsoft.cognitiveservices.speech.SpeechRecognizer;
import com.microsoft.cognitiveservices.speech.audio.AudioConfig;

import java.net.URI;
import java.util.concurrent.CompletableFuture;

public class Main {
    public static void main(String[] arguments) throws Exception {
        String key = System.getenv("SPEECH_KEY");
        if (key == null || key.isEmpty()) {
            System.err.println("SPEECH_KEY is not set");
            System.exit(1);
        }

        SpeechConfig config = SpeechConfig.fromEndpoint(URI.create("wss://contoso.cognitiveservices.azure.com/stt/speech/universal/v2"), key);
        config.setSpeechRecognitionLanguage("de-DE");
        CompletableFuture<String> done = new CompletableFuture<>();
        try (AudioConfig audio = AudioConfig.fromWavFileInput("audio.wav");
                SpeechRecognizer recognizer = new SpeechRecognizer(config, audio)) {
            recognizer.recognized.addEventListener((sender, event) -> {
                if (!event.getResult().getText().isEmpty()) {
                    System.out.println(event.getResult().getText());
                }
            });
            recognizer.canceled.addEventListener((sender, event) -> {
                done.complete(event.getReason() == CancellationReason.Error ? event.getErrorDetails() : "");
            });
            recognizer.sessionStopped.addEventListener((sender, event) -> done.complete(""));
            recognizer.startContinuousRecognitionAsync().get();
            done.get();
            recognizer.stopContinuousRecognitionAsync().get();
        }
        if (!done.get().isEmpty()) {
            System.err.println(done.get());
            System.exit(1);
        }
        System.exit(0);
    }
}
