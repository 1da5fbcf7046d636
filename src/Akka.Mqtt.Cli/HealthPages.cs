using Akka.Mqtt.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Akka.Mqtt.Cli;

/// <summary>
/// The HTTP pages of <c>akka-mqtt serve</c> for load balancers and supervisors, without a password: <c>/ready</c>, whether it accepts clients, and
/// <c>/live</c>, whether the process works. The status is 200 for yes and 503 for no; the text has the reason.
/// </summary>
internal static class HealthPages
{
    /// <summary>The path of the readiness page.</summary>
    public const string Ready = "/ready";

    private const string Live = "/live";

    /// <summary>Answers requests.</summary>
    /// <param name="application">The application.</param>
    /// <param name="health">The health of the server; null before it has started.</param>
    public static void MapTo(IApplicationBuilder application, Func<MqttServerHealth?> health)
    {
        application.Map(Ready, page => page.Run(context => AnswerAsync(context, health(), static each => each?.IsReady == true)));
        application.Map(Live, page => page.Run(context => AnswerAsync(context, health(), static each => each?.IsLive != false)));
    }

    private static Task AnswerAsync(HttpContext context, MqttServerHealth? health, Func<MqttServerHealth?, bool> isYes)
    {
        context.Response.StatusCode = isYes(health) ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync($"{health?.State ?? MqttServerState.Starting}{(health?.Detail is { } detail ? $": {detail}" : "")}\n");
    }
}
