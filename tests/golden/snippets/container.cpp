// Speech SDK for C++, in CMake: target_link_libraries(program Microsoft.CognitiveServices.Speech.core)
#include <cstdlib>
#include <future>
#include <iostream>
#include <mutex>
#include <string>

#include <speechapi_cxx.h>

using namespace Microsoft::CognitiveServices::Speech;
using namespace Microsoft::CognitiveServices::Speech::Audio;

int main()
{
    auto config = SpeechConfig::FromHost("ws://localhost:5000");
    config->SetSpeechRecognitionLanguage("en-US");
    auto audio = AudioConfig::FromWavFileInput("audio.wav");
    std::string error;
    std::promise<void> done;
    std::once_flag once;
    auto finish = [&] { std::call_once(once, [&] { done.set_value(); }); };

    auto recognizer = SpeechRecognizer::FromConfig(config, audio);
    recognizer->Recognized.Connect([](const SpeechRecognitionEventArgs& event) {
        if (!event.Result->Text.empty())
        {
            std::cout << event.Result->Text << std::endl;
        }
    });
    recognizer->Canceled.Connect([&](const SpeechRecognitionCanceledEventArgs& event) {
        if (event.Reason == CancellationReason::Error)
        {
            error = event.ErrorDetails;
        }
        finish();
    });
    recognizer->SessionStopped.Connect([&](const SessionEventArgs&) { finish(); });
    recognizer->StartContinuousRecognitionAsync().get();
    done.get_future().get();
    recognizer->StopContinuousRecognitionAsync().get();
    if (!error.empty())
    {
        std::cerr << error << std::endl;
        return 1;
    }
}
