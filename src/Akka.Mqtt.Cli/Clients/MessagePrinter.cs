using Akka.Mqtt.Cli.Clients.Output;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Clients;

/// <summary>Chooses and writes the messages of <c>sub</c> and <c>rr</c>. All messages of a chunk are one write. Owned by one actor.</summary>
internal sealed class MessagePrinter
{
    private const int MostUnwritten = 64 * 1024; // of a large chunk, or of large messages

    private readonly ClientRun _run;
    private readonly MessageFormatter _formatter;
    private readonly Random _random = Random.Shared;

    public MessagePrinter(ClientRun run)
    {
        var options = run.Options;
        _run = run;
        var format = options.Format is { } text ? OutputFormat.Parse(text) : null;
        _formatter = new MessageFormatter(format, options.Verbose, !options.NoEndOfLine, options.Pretty, TimeProvider.System, run.Error);
    }

    /// <summary>Whether the reader has closed the output.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Whether <c>-R</c> filters the message out.</summary>
    public bool SkipsRetained(Publish message) => message.Retain && _run.Options.NoRetained;

    /// <summary>Whether <c>-T</c> filters the message out.</summary>
    public bool SkipsTopic(Publish message)
    {
        foreach (var filter in _run.Options.FilterOut)
        {
            if (TopicFilter.Matches(filter, message.Topic))
                return true;
        }
        return false;
    }

    /// <summary>Writes a message, or skips it at random with <c>--random-filter</c>.</summary>
    public void Print(Publish message)
    {
        if (_run.Options.RandomFilter < 100 && _random.NextDouble() * 100 >= _run.Options.RandomFilter)
            return;
        _formatter.Write(message);
        if (_formatter.Written.Length > MostUnwritten)
            Flush();
    }

    /// <summary>Flushes the output.</summary>
    public void Flush()
    {
        if (_formatter.Written.IsEmpty)
            return;
        try
        {
            _run.Output.Write(_formatter.Written.Span);
            _run.Output.Flush();
        }
        catch (IOException)
        {
            IsClosed = true; // for example because "head" has read enough
        }
        _formatter.Clear();
    }
}
