using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Tests.Connection;

/// <summary>Every log event of an actor system from now on. The event stream tells it before the one who logged goes on.</summary>
internal sealed class ConnectionLog
{
    private readonly ConcurrentQueue<LogEvent> _events = new();

    public ConnectionLog(ActorSystem system) =>
        system.EventStream.Subscribe(system.ActorOf(Props.Create(() => new Writer(_events)).WithDeploy(Deploy.Local)), typeof(LogEvent));

    /// <summary>The lines that tell the end of a connection.</summary>
    public IReadOnlyList<(LogLevel Level, string Text)> Ends => With("connection ended");

    /// <summary>Everything that is a warning or worse.</summary>
    public IReadOnlyList<(LogLevel Level, string Text)> Warnings => [.. Lines.Where(line => line.Level >= LogLevel.WarningLevel)];

    /// <summary>What we tell an operator who does not debug; dead letters are Akka's to tell.</summary>
    public IReadOnlyList<(LogLevel Level, string Text)> Notable =>
        [.. _events.Where(log => log.LogClass.Assembly == typeof(Mqtt).Assembly).Select(Line).Where(line => line.Level >= LogLevel.InfoLevel)];

    /// <summary>The lines that contain a text.</summary>
    public IReadOnlyList<(LogLevel Level, string Text)> With(string text) =>
        [.. Lines.Where(line => line.Text.Contains(text, StringComparison.Ordinal))];

    private IEnumerable<(LogLevel Level, string Text)> Lines => _events.Select(Line);

    private static (LogLevel Level, string Text) Line(LogEvent log) => (log.LogLevel(), log.Message?.ToString() ?? "");

    private sealed class Writer : ReceiveActor
    {
        public Writer(ConcurrentQueue<LogEvent> events) => Receive<LogEvent>(events.Enqueue);
    }
}
