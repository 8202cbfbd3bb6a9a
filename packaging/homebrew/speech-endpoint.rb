class SpeechEndpoint < Formula
  desc "Diagnose connections to Azure AI Speech"
  homepage "@REPOSITORY@"
  version "@VERSION@"
  license any_of: ["MIT", "Apache-2.0"]

  on_macos do
    on_arm do
      url "@URL:aarch64-apple-darwin@"
      sha256 "@SHA256:aarch64-apple-darwin@"
    end
    on_intel do
      url "@URL:x86_64-apple-darwin@"
      sha256 "@SHA256:x86_64-apple-darwin@"
    end
  end

  on_linux do
    on_arm do
      url "@URL:aarch64-unknown-linux-musl@"
      sha256 "@SHA256:aarch64-unknown-linux-musl@"
    end
    on_intel do
      url "@URL:x86_64-unknown-linux-musl@"
      sha256 "@SHA256:x86_64-unknown-linux-musl@"
    end
  end

  def install
    bin.install "speech-endpoint"
    bash_completion.install "completions/bash/speech-endpoint"
    zsh_completion.install "completions/zsh/_speech-endpoint"
    fish_completion.install "completions/fish/speech-endpoint.fish"
    man1.install Dir["man/man1/*.1"]
  end

  test do
    system bin/"speech-endpoint", "doctor", "--lab", "healthy-private-endpoint"
  end
end
