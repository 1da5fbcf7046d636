using Mono.Cecil;

namespace Akka.Mqtt.Api.Tests;

/// <summary>
/// What <c>Akka.Mqtt.Server</c> uses of <c>Akka.Mqtt</c> and <c>Akka.Mqtt.Protocol</c> that is not public, each with the reason. Somebody else's server can
/// use the public API only. So whatever such a server needs must be public, and what stands here is what it can do without.
/// </summary>
public sealed class ServerInternalsSpec
{
    private const string Project = "Akka.Mqtt.Server";

    /// <summary>By the outermost type, or by member where the type is public. An entry that is no longer needed fails the test.</summary>
    private static readonly Dictionary<string, string> Known = new()
    {
        // QoS state. A server may keep its own by the rules of the standard; ours has the form of our stores, which may still change.
        ["Akka.Mqtt.Protocol.Session.AckResult"] = Session,
        ["Akka.Mqtt.Protocol.Session.InboundResult"] = Session,
        ["Akka.Mqtt.Protocol.Session.InboundWindow"] = Session,
        ["Akka.Mqtt.Protocol.Session.MessageQueue"] = Session,
        ["Akka.Mqtt.Protocol.Session.OutboundWindow"] = Session,
        ["Akka.Mqtt.Protocol.Session.QueueOverflow"] = Session,
        ["Akka.Mqtt.Protocol.Session.QueuedMessage"] = Session,
        ["Akka.Mqtt.Protocol.Session.SessionSubscription"] = Session,
        ["Akka.Mqtt.Protocol.Session.SharedKey"] = Session,

        // The form of messages between nodes. A server registers a serializer of its own for its messages.
        ["Akka.Mqtt.Serialization.CauseForm"] = Serializer,
        ["Akka.Mqtt.Serialization.FormSerializer"] = Serializer,
        ["Akka.Mqtt.Serialization.PacketForm"] = Serializer,
        ["Akka.Mqtt.Serialization.RemoteCause"] = Serializer,
        ["Akka.Mqtt.Serialization.TransportForm"] = Serializer,
        ["Akka.Mqtt.Serialization.WireReader"] = Serializer,
        ["Akka.Mqtt.Serialization.WireWriter"] = Serializer,

        // Clients of the process of the server.
        ["Akka.Mqtt.ManagedClient.Facade"] = OwnClient,
        ["Akka.Mqtt.MqttClient.Facade"] = OwnClient,
        ["Akka.Mqtt.MqttClientSettings.Checked"] = "Checks the settings of a bridge when they are read. Another program learns it when the client starts.",

        // Helpers that any program has in some form.
        ["Akka.Mqtt.Connection.ByteCounts"] = Bytes,
        ["Akka.Mqtt.TransportInfo.Bytes"] = Bytes,
        ["Akka.Mqtt.Connection.ChildEnds"] = "A supervisor strategy for actors that never restart.",
        ["Akka.Mqtt.Connection.DirectProps"] = "Props without an expression tree. Props.Create does the same, slower.",
        ["Akka.Mqtt.Logs.RefusalKind"] = Log,
        ["Akka.Mqtt.Logs.RefusalLog"] = Log,
        ["Akka.Mqtt.Logs.SafeLogging"] = Log,
        ["Akka.Mqtt.MqttExt.RequireDispatcher"] = "The message for a dispatcher that is not in the configuration.",
        ["Akka.Mqtt.Protocol.Text.Utf8Rules"] = "Checks texts that did not come from a decoder, such as settings. TopicName, TopicFilter and the encoder check what a server sends.",
        ["Akka.Mqtt.Settings.ConfigReader"] = "Reads HOCON with messages that name the key.",
        ["Akka.Mqtt.Settings.SettingRange"] = "Checks settings with messages that name the key.",

        // What saves something where there are very many connections.
        ["Akka.Mqtt.Connection.HandlerEnded"] = Watch,
        ["Akka.Mqtt.Mqtt.Register.TellsItsEnd"] = Watch,
        ["Akka.Mqtt.Transport.Descriptors"] = "How many connections the limit of file descriptors allows. A listener keeps the reserve for everybody.",

        // What joins our own assemblies.
        ["Akka.Mqtt.Connection.ServerAcceptors"] = Endpoints,
        ["Akka.Mqtt.MqttExt.Acceptors"] = Endpoints,
        ["Akka.Mqtt.MqttTracing.End"] = Spans,
        ["Akka.Mqtt.MqttTracing.IsListening"] = Spans,
        ["Akka.Mqtt.MqttTracing.StartRouting"] = Spans,
    };

    private const string OwnClient = "Stops the client with the server, and forgets it when it has stopped before. Another program disposes its clients itself.";
    private const string Session = "QoS state of a session.";
    private const string Serializer = "The serializer of messages between nodes.";
    private const string Bytes = "Bytes of a connection. TransportInfo.BytesReceived and BytesSent are the same and public.";
    private const string Log = "Limits the lines that failing peers can cause, and escapes their texts.";
    private const string Watch = "Death watch costs some 500 bytes for each connection; the session tells its connection instead. The connections of other servers watch their handlers.";
    private const string Endpoints = "MapMqtt of Akka.Mqtt.AspNetCore finds the listener of a server by its name. With a handler it works for any server.";
    private const string Spans = "Activities of the source that Akka.Mqtt owns. A server has an ActivitySource of its own.";

    [Fact]
    public void The_server_uses_internals_of_the_runtime_only_for_a_reason_that_stands_here()
    {
        var types = SourceCode.Read(Project).Types;
        var used = types.SelectMany(SourceCode.References).Select(InternalType).Concat(types.SelectMany(SourceCode.All).SelectMany(Members).Select(InternalMember))
            .OfType<string>().ToHashSet(StringComparer.Ordinal);

        var added = used.Where(static name => !Known.ContainsKey(name)).Order(StringComparer.Ordinal).ToList();
        Assert.True(added.Count == 0, $"{Project} uses what is not public, without a reason in this test:\n{string.Join('\n', added)}");
        var paid = Known.Keys.Where(name => !used.Contains(name)).ToList();
        Assert.True(paid.Count == 0, $"Remove from the list: {string.Join(", ", paid)}");
    }

    private static IEnumerable<MemberReference> Members(TypeDefinition type) =>
        type.Methods.Where(static method => method.HasBody).SelectMany(static method => method.Body.Instructions).Select(static each => each.Operand)
            .OfType<MemberReference>().Where(static member => member is MethodReference or FieldReference);

    /// <summary>The outermost type that is not public; null when all are, and for types of others.</summary>
    private static string? InternalType(TypeReference reference)
    {
        if (!IsOurs(reference) || reference.Resolve() is not { } type || IsPublic(type))
            return null;
        return Name(SourceCode.Outermost(type).IsPublic ? type : SourceCode.Outermost(type));
    }

    /// <summary>A member that is not public, of a public type; else null.</summary>
    private static string? InternalMember(MemberReference member) => !IsOurs(member.DeclaringType) ? null : member.Resolve() switch
    {
        MethodDefinition method when IsPublic(method.DeclaringType) && !(method.IsPublic || method.IsFamily) => $"{Name(method.DeclaringType)}.{Plain(method.Name)}",
        FieldDefinition field when IsPublic(field.DeclaringType) && !(field.IsPublic || field.IsFamily) => $"{Name(field.DeclaringType)}.{field.Name}",
        _ => null,
    };

    private static string Plain(string method) => method.StartsWith("get_", StringComparison.Ordinal) || method.StartsWith("set_", StringComparison.Ordinal) ? method[4..] : method;

    private static bool IsOurs(TypeReference type) => Assembly(type.GetElementType().Scope) is "Akka.Mqtt" or "Akka.Mqtt.Protocol";

    private static string Assembly(IMetadataScope scope) => scope is ModuleDefinition module ? module.Assembly.Name.Name : scope.Name;

    private static bool IsPublic(TypeDefinition type) =>
        type.IsPublic || ((type.IsNestedPublic || type.IsNestedFamily) && IsPublic(type.DeclaringType));

    private static string Name(TypeReference type) => type.FullName.Replace('/', '.').Split('`')[0];
}
