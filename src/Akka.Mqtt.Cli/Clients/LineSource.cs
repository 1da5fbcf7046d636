using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Clients;

/// <summary>
/// Reads lines of a stream on its own thread, and sends the messages of each chunk to an actor together. It reads ahead as far as the actor has requested.
/// </summary>
internal sealed class LineSource : IDisposable
{
    /// <summary>The number of batches that are read ahead.</summary>
    public const int Ahead = 2;

    private const int ChunkSize = 64 * 1024;

    // The largest packet, less the longest topic and properties that a user would type.
    private const int LongestLine = 268_000_000;

    private readonly SemaphoreSlim _wanted = new(Ahead);
    private readonly CancellationTokenSource _stopped = new();
    private readonly Stream _input;
    private readonly Publish _template;
    private readonly IActorRef _receiver;

    public LineSource(Stream input, Publish template, IActorRef receiver) => (_input, _template, _receiver) = (input, template, receiver);

    /// <summary>Begins to read.</summary>
    public void Start() => new Thread(Read) { IsBackground = true, Name = "lines of stdin" }.Start();

    /// <summary>A batch has been sent: one more may be read.</summary>
    public void Release() => _wanted.Release();

    public void Dispose() => _stopped.Cancel();

    private void Read()
    {
        try
        {
            ReadAll();
            _receiver.Tell(new Ended(null));
        }
        catch (OperationCanceledException)
        {
            // no more batches are needed
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or UnauthorizedAccessException)
        {
            _receiver.Tell(new Ended(error.Message));
        }
    }

    private void ReadAll()
    {
        var (chunk, filled) = (new byte[ChunkSize], 0); // each batch needs its own chunk, because its messages point into it
        while (true)
        {
            _wanted.Wait(_stopped.Token);
            var messages = new List<MqttPacket>();
            var begin = 0;
            while (messages.Count == 0)
            {
                if (filled == LongestLine)
                    throw new IOException($"a line is longer than {LongestLine} bytes, which does not fit into a message.");
                if (filled == chunk.Length)
                    Array.Resize(ref chunk, Math.Min(chunk.Length * 2, LongestLine));
                var read = _input.Read(chunk, filled, chunk.Length - filled);
                if (read == 0)
                {
                    if (filled > 0)
                        _receiver.Tell(new Batch([Message(chunk, 0, filled)])); // a last line without its end
                    return;
                }
                var from = filled; // no end of line is before it
                filled += read;
                while (Array.IndexOf(chunk, (byte)'\n', from, filled - from) is var end and >= 0)
                {
                    messages.Add(Message(chunk, begin, end));
                    begin = from = end + 1;
                }
            }
            var next = new byte[Math.Max(ChunkSize, (filled - begin) * 2)];
            chunk.AsSpan(begin, filled - begin).CopyTo(next);
            (chunk, filled) = (next, filled - begin);
            _receiver.Tell(new Batch(messages));
        }
    }

    private Publish Message(byte[] chunk, int begin, int end) => _template with { Payload = MqttBinary.Wrap(chunk.AsMemory(begin, end - begin)) };

    /// <summary>Messages in their order.</summary>
    public sealed record Batch(List<MqttPacket> Messages);

    /// <summary>No more lines will come.</summary>
    /// <param name="Error">Why the input cannot be read; null at its end.</param>
    public sealed record Ended(string? Error);
}
