// go get github.com/Microsoft/cognitive-services-speech-sdk-go
// It needs the native Speech SDK, found through CGO_CFLAGS and CGO_LDFLAGS.
package main

import (
	"fmt"
	"log"
	"os"

	"github.com/Microsoft/cognitive-services-speech-sdk-go/audio"
	"github.com/Microsoft/cognitive-services-speech-sdk-go/common"
	"github.com/Microsoft/cognitive-services-speech-sdk-go/speech"
)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	key := os.Getenv("SPEECH_KEY")
	if key == "" {
		log.Fatal("SPEECH_KEY is not set")
	}

	config, err := speech.NewSpeechConfigFromSubscription(key, "westeurope")
	check(err)
	defer config.Close()
	check(config.SetSpeechSynthesisVoiceName("VOICE_NAME"))
	check(config.SetEndpointID("DEPLOYMENT"))
	output, err := audio.NewAudioConfigFromWavFileOutput("speech.wav")
	check(err)
	defer output.Close()
	synthesizer, err := speech.NewSpeechSynthesizerFromConfig(config, output)
	check(err)
	defer synthesizer.Close()

	outcome := <-synthesizer.SpeakTextAsync("Hello, world.")
	defer outcome.Close()
	check(outcome.Error)
	if outcome.Result.Reason != common.SynthesizingAudioCompleted {
		details, err := speech.NewCancellationDetailsFromSpeechSynthesisResult(outcome.Result)
		check(err)
		log.Fatal(details.ErrorDetails)
	}
	fmt.Println("speech.wav written")
}
