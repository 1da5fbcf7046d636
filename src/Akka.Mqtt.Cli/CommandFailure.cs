namespace Akka.Mqtt.Cli;

/// <summary>A command that cannot start: one clear line on stderr, exit code 2.</summary>
internal sealed class CommandFailure(string message) : Exception(message)
{
    public const int ExitCode = 2;

    public static int Report(string message)
    {
        Console.Error.WriteLine($"akka-mqtt: {message.ReplaceLineEndings(" ")}");
        return ExitCode;
    }
}
