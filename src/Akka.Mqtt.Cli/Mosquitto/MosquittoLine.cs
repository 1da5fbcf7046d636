namespace Akka.Mqtt.Cli.Mosquitto;

/// <summary>One option of a mosquitto.conf.</summary>
internal sealed record MosquittoLine(string File, int Number, string Option, string Value)
{
    public CommandFailure Wrong(string what) => new($"{File}:{Number}: {Option}: {what}");

    public string Warning(string what) => $"{File}:{Number}: {Option}: {what}";
}
