using System.Linq.Expressions;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.IO;
using Akka.Mqtt.Settings;

namespace Akka.Mqtt.Transport;

/// <summary>
/// The only file that depends on internals of Akka.IO: the type and the constructor of its connection actor. <c>Tcp.Bind</c> makes
/// accepted connections children of its listener, so that <c>Tcp.Unbind</c> resets all of them, and <c>Tcp.Connect</c> hides the cause of
/// a failed dial. So we accept and dial ourselves and give the socket to that actor (docs/adr/0002). If the installed version of Akka
/// lacks it, a warning is logged at start, and our connection actors read and write their sockets themselves.
/// </summary>
internal static class AkkaIo
{
    private static readonly Type? ConnectionActor = typeof(Tcp).Assembly.GetType("Akka.IO.TcpIncomingConnection");
    private static readonly Deploy Deployment = Deploy.Local.WithMailbox(TransportMailbox.Path);
    private static readonly ConditionalWeakTable<MqttConnectionSettings, TcpSettings> Known = [];
    private static readonly ConnectionFactory? Create = ConnectionActor is null ? null : CompileFactory(ConnectionActor);

    private delegate ActorBase ConnectionFactory(
        TcpSettings settings, Socket socket, IActorRef handler, IEnumerable<Inet.SocketOption> options, bool pullMode);

    [ThreadStatic]
    private static Segments? _segments;

    /// <summary>Whether the connection actor of Akka.IO was found.</summary>
    public static bool CanAdoptSockets => Create is not null;

    /// <summary>
    /// Warns when the chosen engine is not available: at start, and for each listener with another engine than that of the actor system.
    /// </summary>
    public static void Check(MqttConnectionSettings settings, bool canAdoptSockets, ILoggingAdapter log)
    {
        if (settings.Engine == TcpEngineKind.AkkaIo && !canAdoptSockets)
        {
            log.Warning(
                "Akka {0} has no connection actor that takes our sockets: TCP connections use tcp-engine = socket instead of akka-io",
                typeof(Tcp).Assembly.GetName().Version);
        }
    }

    /// <summary>
    /// The bytes of a received chunk. A <see cref="ByteString"/> has no <c>Memory</c>, but it can write itself to a stream, which then
    /// sees its array. Akka.IO creates an array of exactly the right size for each chunk and does not change it later. An array of another
    /// size may be reused, so this chunk and all later ones are copied.
    /// </summary>
    /// <param name="bytes">The chunk.</param>
    /// <param name="copies">Whether chunks of this connection are copied. Its first chunk is small, so its size is conclusive.</param>
    public static ReadOnlyMemory<byte> ToMemory(ByteString bytes, ref bool copies)
    {
        if (copies)
            return bytes.ToArray();
        var segments = _segments ??= new Segments();
        bytes.WriteTo(segments);
        if (segments.Take() is { } one && MemoryMarshal.TryGetArray(one, out var segment) && (segment.Array is null || segment.Count == segment.Array.Length))
            return one;
        copies = true;
        return bytes.ToArray();
    }

    /// <summary>A chunk in the type of Akka.IO, without a copy.</summary>
    public static ByteString ToByteString(in OutgoingChunk chunk) =>
        chunk.Segments is null ? ByteString.FromBytes(chunk.Bytes, 0, chunk.Count) : ByteString.FromBytes(chunk.Segments);

    /// <summary>
    /// The props of Akka.IO's connection actor for a connected socket. It sends <c>Tcp.Connected</c> to <paramref name="connection"/>, and
    /// reads when it is asked to.
    /// </summary>
    public static Props ConnectionProps(Socket socket, TcpSettings settings, IActorRef connection) =>
        Props.CreateBy(new Producer(socket, settings, connection)).WithDeploy(Deployment);

    /// <summary>
    /// Converts our settings to those of Akka.IO. Their queue limit is off: the connection actor never has more than one write in
    /// progress. Their register timeout is off, because <c>register-timeout</c> of the connection applies. Cached by settings: parsing
    /// them took a fifth of the time of a connect.
    /// </summary>
    public static TcpSettings TcpSettings(MqttConnectionSettings settings) => Known.GetValue(settings, ParseTcpSettings);

    private static TcpSettings ParseTcpSettings(MqttConnectionSettings settings)
    {
        var frame = Math.Max(settings.ReadChunkSize, settings.WriteChunkSize);
        return Akka.IO.TcpSettings.Create(ConfigurationFactory.ParseString(
            $$"""
            trace-logging = off
            batch-accept-limit = 1
            register-timeout = 1d
            maximum-frame-size = {{frame}}
            receive-buffer-size = {{frame}}
            send-buffer-size = {{frame}}
            management-dispatcher = "akka.actor.default-dispatcher"
            write-commands-queue-max-size = -1
            """));
    }

    /// <summary>Compiled once; <c>Props.Create</c> with a type would look up the constructor for every connection.</summary>
    private static ConnectionFactory? CompileFactory(Type type)
    {
        Type[] parameters = [typeof(TcpSettings), typeof(Socket), typeof(IActorRef), typeof(IEnumerable<Inet.SocketOption>), typeof(bool)];
        if (type.GetConstructor(parameters) is not { } constructor)
            return null;
        var arguments = parameters.Select(Expression.Parameter).ToArray();
        return Expression.Lambda<ConnectionFactory>(Expression.New(constructor, arguments.AsEnumerable()), arguments).Compile();
    }

    private sealed class Producer(Socket socket, TcpSettings settings, IActorRef connection) : IIndirectActorProducer
    {
        public Type ActorType => ConnectionActor!;

        public ActorBase Produce() => Create!(settings, socket, connection, [], true);

        public void Release(ActorBase actor)
        {
        }
    }

    /// <summary>A stream that keeps the array that is written to it.</summary>
    private sealed class Segments : Stream
    {
        private ReadOnlyMemory<byte> _first;
        private int _count;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        /// <summary>What was written, if it was one piece or nothing; null for several pieces.</summary>
        public ReadOnlyMemory<byte>? Take()
        {
            ReadOnlyMemory<byte>? taken = _count <= 1 ? _first : (ReadOnlyMemory<byte>?)null;
            (_first, _count) = (default, 0);
            return taken;
        }

        public override void Write(byte[] buffer, int offset, int count) => Add(buffer.AsMemory(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer) => Add(buffer.ToArray());

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        private void Add(ReadOnlyMemory<byte> piece)
        {
            if (_count++ == 0)
                _first = piece;
        }
    }
}
