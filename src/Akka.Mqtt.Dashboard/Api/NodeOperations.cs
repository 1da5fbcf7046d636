using Akka.Mqtt.Dashboard.Answers;
using Akka.Mqtt.Dashboard.Live;

namespace Akka.Mqtt.Dashboard.Api;

/// <summary>The nodes of a cluster: a list, and draining one.</summary>
internal static class NodeOperations
{
    public static async Task<object> ListAsync(Call call) => await call.NodesAsync(cancel => NodeList.Of(call.Server).TakeAsync(cancel)).ConfigureAwait(false);

    public static async Task<object> DrainAsync(Call call)
    {
        var request = await call.BodyAsync<DrainRequest>().ConfigureAwait(false);
        call.Subject = request.Node;
        if (call.Nodes is { } nodes)
            return new DrainAnswer(await call.NodesAsync(cancel => nodes.DrainAsync(request.Node, cancel)).ConfigureAwait(false) ?? throw NotFound());
        if (request.Node != NodeList.NameOf(call.Server))
            throw NotFound();
        var begins = !call.Server.Context.Lifecycle.IsDraining;
        _ = call.Server.DrainAsync(); // not awaited, because it may take minutes
        return new DrainAnswer(begins);
    }

    private static RequestFailure NotFound() => new(404, "There is no such node.");
}
