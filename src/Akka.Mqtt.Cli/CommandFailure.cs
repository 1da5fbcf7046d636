namespace Akka.Mqtt.Cli;

/// <summary>A command that cannot start: one line on stderr for each problem, and exit code 2.</summary>
internal sealed class CommandFailure(IReadOnlyList<string> messages) : Exception(string.Join('\n', messages))
{
    public const int ExitCode = 2;

    public CommandFailure(string message)
        : this([message])
    {
    }

    /// <summary>The problems, one line each.</summary>
    public IReadOnlyList<string> Messages => messages;

    public static int Report(Exception error)
    {
        foreach (var message in error is CommandFailure failure ? failure.Messages : [error.Message])
            Report(message);
        return ExitCode;
    }

    public static int Report(string message)
    {
        Console.Error.WriteLine($"akka-mqtt: {message.ReplaceLineEndings(" ")}");
        return ExitCode;
    }
}
