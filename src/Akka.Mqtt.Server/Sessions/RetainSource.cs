using Akka.Event;
using Akka.Mqtt.Server.Retained;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// Checks whether the publisher of a retained message may still publish to its topic (<c>check-retain-source</c>). Called for each retained message
/// that is about to be delivered, if its publisher had rights to check.
/// </summary>
internal static class RetainSource
{
    public static bool MaySend(RetainedMessage message, ServerContext context, ILoggingAdapter log)
    {
        if (message.Source is not { } source || !context.Settings.Features.CheckRetainSource)
            return true;
        var rules = context.Security.Of(source.Listener);
        return ClientRights.For(source, rules, context.Hooks, context.HookWatch, log)?.MayPublish(message.Message.Packet.Topic) != false;
    }
}
