using Akka.Actor;

namespace Akka.Mqtt.Connection;

/// <summary>
/// Which handlers can have which delivery. Without <see cref="Mqtt.Request"/>, a connection knows how far its handler is behind from
/// <see cref="Identify"/>, which an actor answers by itself, in the order of its mailbox (docs/adr/0003). What has no mailbox does not.
/// </summary>
internal static class HandlerCheck
{
    /// <summary>Answers the sender if not.</summary>
    public static bool IsPossible(Mqtt.Register register, IActorRef sender)
    {
        if (Problem(register) is not { } problem)
            return true;
        CommandFailures.Fail(sender, register, CommandFailure.NotSupported, problem);
        return false;
    }

    private static string? Problem(Mqtt.Register register)
    {
        if (register.Delivery == MqttDelivery.Pull)
            return null;
        if (register is { Delivery: MqttDelivery.Batches, PayloadEncoding: not null })
            return "Payload encoding and delivery in batches do not go together.";
        if (Is(register.Handler, "RoutedActorRef"))
        {
            return "A router has no mailbox that shows how far its routees are behind, so that nothing would bound what waits for them. "
                + "Register with MqttDelivery.Pull, or register an actor that passes packets on.";
        }

        if (Is(register.Handler, "MinimalActorRef") || IsStageActor(register.Handler.Path.Name))
        {
            return "This handler is no actor with a mailbox (a stage actor of Akka.Streams, or the like), so that nothing would bound what waits for it. "
                + "Register with MqttDelivery.Pull.";
        }

        return null;
    }

    /// <summary>By name: the types are not Akka's public API.</summary>
    private static bool Is(IActorRef handler, string typeName)
    {
        for (var type = handler.GetType(); type is not null; type = type.BaseType)
        {
            if (type.Name == typeName)
                return true;
        }

        return false;
    }

    /// <summary>Akka names what is no actor so; on another node nothing else tells.</summary>
    private static bool IsStageActor(string name) => name.StartsWith("$$", StringComparison.Ordinal);
}
