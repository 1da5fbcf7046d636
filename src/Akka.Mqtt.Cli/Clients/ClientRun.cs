using Akka.Mqtt.Cli.Clients.Arguments;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Clients;

/// <summary>One run of a client command: its options, its output, and its exit code. Thread safe.</summary>
/// <param name="options">The options.</param>
/// <param name="input">Standard input.</param>
/// <param name="output">Standard output.</param>
/// <param name="errors">Standard error.</param>
internal sealed class ClientRun(ClientOptions options, Stream input, Stream output, TextWriter errors)
{
    private readonly TaskCompletionSource<int> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ClientOptions Options { get; } = options;

    public Stream Input { get; } = input;

    public Stream Output { get; } = output;

    /// <summary>The exit code, when the command has ended.</summary>
    public Task<int> Ended => _ended.Task;

    /// <summary>The command has ended. The first exit code counts.</summary>
    public void End(int exitCode) => _ended.TrySetResult(exitCode);

    /// <summary>Reports an error. Texts of a peer in it must be escaped.</summary>
    public void Error(string message)
    {
        if (!Options.Quiet)
            errors.WriteLine($"akka-mqtt: {message}");
    }

    /// <summary>A line for <c>--progress</c>.</summary>
    public void Progress(long count) => errors.WriteLine($"{count:N0} messages sent");

    /// <summary>A line for <c>--progress</c> of <c>--queue</c>.</summary>
    public void Progress(long kept, int waiting) => errors.WriteLine($"{kept:N0} messages kept, {waiting:N0} of the file wait for the server");

    /// <summary>A line for <c>-d</c>.</summary>
    public void Debug(string direction, MqttPacket packet)
    {
        if (Options.Debug)
            errors.WriteLine($"{direction} {packet}");
    }
}
