using System.Linq.Expressions;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Configuration;
using Akka.IO;

namespace Akka.Mqtt.Transport;

/// <summary>
/// The one file that knows how Akka.IO 1.5 works inside. Akka 1.6 replaces all of this; the specs of this class fail when it does.
/// <list type="bullet">
/// <item>A <see cref="ByteString"/> is an array of segments and has no <c>Memory</c>: we take the segment out, without a copy.</item>
/// <item>
/// <c>Tcp.Bind</c> makes accepted connections children of its listener, so that <c>Tcp.Unbind</c> resets them all, and <c>Tcp.Connect</c>
/// hides why a dial failed. So we accept and dial ourselves and give the socket to Akka.IO's connection actor (docs/adr/0002).
/// </item>
/// </list>
/// </summary>
internal static class AkkaIo
{
    private static readonly Type? ConnectionActor = typeof(Tcp).Assembly.GetType("Akka.IO.TcpIncomingConnection");
    private static readonly ConditionalWeakTable<MqttConnectionSettings, TcpSettings> Known = [];
    private static readonly ConnectionFactory? Create = ConnectionActor is null ? null : CompileFactory(ConnectionActor);

    private delegate ActorBase ConnectionFactory(
        TcpSettings settings, Socket socket, IActorRef handler, IEnumerable<Inet.SocketOption> options, bool pullMode);

    /// <summary>Whether Akka.IO's connection actor is where we expect it; without it TCP runs over the stream connection actor.</summary>
    public static bool CanAdoptSockets => Create is not null;

    /// <summary>The bytes of a received chunk: the array that Akka.IO made for it and nobody writes again.</summary>
    public static ReadOnlyMemory<byte> ToMemory(ByteString bytes)
    {
        var segments = Segments(bytes);
        return segments.Length == 1 ? segments[0] : bytes.ToArray();
    }

    /// <summary>The array that bytes lie in; a copy of what lies in none.</summary>
    public static ArraySegment<byte> ToSegment(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var segment) ? segment : new ArraySegment<byte>(bytes.ToArray());

    /// <summary>Wraps bytes without a copy.</summary>
    public static ByteString FromMemory(ReadOnlyMemory<byte> bytes) => ByteString.FromBytes(ToSegment(bytes));

    /// <summary>Akka.IO's connection actor for a connected socket; tells <paramref name="connection"/> <c>Tcp.Connected</c>, and reads when told to.</summary>
    public static Props ConnectionProps(Socket socket, TcpSettings settings, IActorRef connection) =>
        Props.CreateBy(new Producer(socket, settings, connection)).WithDeploy(Deploy.Local);

    /// <summary>Akka.IO's settings from ours. Their queue limit is off: the connection actor never has more than one write out. Their
    /// register timeout never strikes: ours does. Made once for the same settings: parsing was a fifth of a connect.</summary>
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

    /// <summary>Compiled once; <c>Props.Create</c> with a type would look the constructor up for every connection.</summary>
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

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_buffers")]
    private static extern ref readonly ArraySegment<byte>[] Segments(ByteString bytes);
}
