"""The words of Apple's description (4.4.1) that requests may use: territories, fields, includes, sorts."""

from __future__ import annotations

from types import MappingProxyType


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


TERRITORIES = _words(
    """
    ABW AFG AGO AIA ALB AND ANT ARE ARG ARM ASM ATG AUS AUT AZE BDI BEL BEN BES BFA BGD BGR BHR BHS BIH
    BLR BLZ BMU BOL BRA BRB BRN BTN BWA CAF CAN CHE CHL CHN CIV CMR COD COG COK COL COM CPV CRI CUB CUW
    CXR CYM CYP CZE DEU DJI DMA DNK DOM DZA ECU EGY ERI ESP EST ETH FIN FJI FLK FRA FRO FSM GAB GBR GEO
    GGY GHA GIB GIN GLP GMB GNB GNQ GRC GRD GRL GTM GUF GUM GUY HKG HND HRV HTI HUN IDN IMN IND IRL IRQ
    ISL ISR ITA JAM JEY JOR JPN KAZ KEN KGZ KHM KIR KNA KOR KWT LAO LBN LBR LBY LCA LIE LKA LSO LTU LUX
    LVA MAC MAR MCO MDA MDG MDV MEX MHL MKD MLI MLT MMR MNE MNG MNP MOZ MRT MSR MTQ MUS MWI MYS MYT NAM
    NCL NER NFK NGA NIC NIU NLD NOR NPL NRU NZL OMN PAK PAN PER PHL PLW PNG POL PRI PRT PRY PSE PYF QAT
    REU ROU RUS RWA SAU SEN SGP SHN SLB SLE SLV SMR SOM SPM SRB SSD STP SUR SVK SVN SWE SWZ SXM SYC TCA
    TCD TGO THA TJK TKM TLS TON TTO TUN TUR TUV TWN TZA UGA UKR UMI URY USA UZB VAT VCT VEN VGB VIR VNM
    VUT WLF WSM XKS YEM ZAF ZMB ZWE
    """
)
"""Alpha-3 codes of `TerritoryCode`, with Kosovo as `XKS` and the obsolete `ANT`."""

PLATFORMS = ("IOS", "MAC_OS", "TV_OS", "VISION_OS")

USER_ROLES = _words(
    """
    ADMIN FINANCE ACCOUNT_HOLDER SALES MARKETING APP_MANAGER DEVELOPER ACCESS_TO_REPORTS
    CUSTOMER_SUPPORT CREATE_APPS CLOUD_MANAGED_DEVELOPER_ID CLOUD_MANAGED_APP_DISTRIBUTION
    GENERATE_INDIVIDUAL_KEYS
    """
)

APP_STORE_STATES = _words(
    """
    ACCEPTED DEVELOPER_REMOVED_FROM_SALE DEVELOPER_REJECTED IN_REVIEW INVALID_BINARY METADATA_REJECTED
    PENDING_APPLE_RELEASE PENDING_CONTRACT PENDING_DEVELOPER_RELEASE PREPARE_FOR_SUBMISSION
    PREORDER_READY_FOR_SALE PROCESSING_FOR_APP_STORE READY_FOR_REVIEW READY_FOR_SALE REJECTED
    REMOVED_FROM_SALE WAITING_FOR_EXPORT_COMPLIANCE WAITING_FOR_REVIEW REPLACED_WITH_NEW_VERSION
    NOT_APPLICABLE
    """
)

APP_VERSION_STATES = _words(
    """
    ACCEPTED DEVELOPER_REJECTED IN_REVIEW INVALID_BINARY METADATA_REJECTED PENDING_APPLE_RELEASE
    PENDING_DEVELOPER_RELEASE PREPARE_FOR_SUBMISSION PROCESSING_FOR_DISTRIBUTION READY_FOR_DISTRIBUTION
    READY_FOR_REVIEW REJECTED REPLACED_WITH_NEW_VERSION WAITING_FOR_EXPORT_COMPLIANCE WAITING_FOR_REVIEW
    """
)

SUBMISSION_STATES = _words(
    """
    READY_FOR_REVIEW WAITING_FOR_REVIEW IN_REVIEW UNRESOLVED_ISSUES CANCELING COMPLETING COMPLETE
    """
)

APP_INCLUDES = _words(
    """
    appEncryptionDeclarations appStoreIcon ciProduct betaGroups appStoreVersions preReleaseVersions
    betaAppLocalizations builds betaLicenseAgreement betaAppReviewDetail appInfos appClips
    endUserLicenseAgreement inAppPurchases subscriptionGroups gameCenterEnabledVersions
    appCustomProductPages inAppPurchasesV2 promotedPurchases appEvents reviewSubmissions
    subscriptionGracePeriod gameCenterDetail appStoreVersionExperimentsV2 androidToIosAppMappingDetails
    """
)

APP_RELATION_LIMITS = _words(
    """
    androidToIosAppMappingDetails appClips appCustomProductPages appEncryptionDeclarations appEvents
    appInfos appStoreVersionExperimentsV2 appStoreVersions betaAppLocalizations betaGroups builds
    gameCenterEnabledVersions inAppPurchases inAppPurchasesV2 preReleaseVersions promotedPurchases
    reviewSubmissions subscriptionGroups
    """
)
"""To-many relations of an app that have a `limit[…]` of their own, at most 50."""

APP_FIELD_TYPES = _words(
    """
    apps appEncryptionDeclarations buildIcons ciProducts betaGroups appStoreVersions preReleaseVersions
    betaAppLocalizations builds betaLicenseAgreements betaAppReviewDetails appInfos appClips
    endUserLicenseAgreements inAppPurchases subscriptionGroups gameCenterEnabledVersions
    appCustomProductPages promotedPurchases appEvents reviewSubmissions subscriptionGracePeriods
    gameCenterDetails appStoreVersionExperiments androidToIosAppMappingDetails
    """
)
"""Types whose `fields[…]` an app request may name."""

VERSION_INCLUDES = _words(
    """
    app appStoreVersionLocalizations build appStoreVersionPhasedRelease gameCenterAppVersion
    routingAppCoverage appStoreReviewDetail appStoreVersionSubmission appClipDefaultExperience
    appStoreVersionExperiments appStoreVersionExperimentsV2 alternativeDistributionPackage
    """
)

VERSION_RELATION_LIMITS = _words(
    "appStoreVersionLocalizations appStoreVersionExperiments appStoreVersionExperimentsV2"
)
"""To-many relations of an app's version that have a `limit[…]` of their own, at most 50."""

VERSION_FIELD_TYPES = _words(
    """
    appStoreVersions apps appStoreVersionLocalizations builds appStoreVersionPhasedReleases
    gameCenterAppVersions routingAppCoverages appStoreReviewDetails appStoreVersionSubmissions
    appClipDefaultExperiences appStoreVersionExperiments alternativeDistributionPackages
    """
)
"""Types whose `fields[…]` a request for the versions of an app may name."""

FIELDS = MappingProxyType(
    {
        "ageRatingDeclarations": _words(
            """
            advertising alcoholTobaccoOrDrugUseOrReferences contests gambling gamblingSimulated
            gunsOrOtherWeapons healthOrWellnessTopics kidsAgeBand lootBox medicalOrTreatmentInformation
            messagingAndChat parentalControls profanityOrCrudeHumor ageAssurance
            sexualContentGraphicAndNudity sexualContentOrNudity socialMedia socialMediaAgeRestricted
            horrorOrFearThemes matureOrSuggestiveThemes unrestrictedWebAccess userGeneratedContent
            violenceCartoonOrFantasy violenceRealisticProlongedGraphicOrSadistic violenceRealistic
            ageRatingOverride ageRatingOverrideV2 koreaAgeRatingOverride developerAgeRatingInfoUrl
            """
        ),
        "appCategories": _words(
            """
            platforms subcategories parent
            """
        ),
        "appInfoLocalizations": _words(
            """
            locale name subtitle privacyPolicyUrl privacyChoicesUrl privacyPolicyText appInfo
            """
        ),
        "appPreviewSets": _words(
            """
            previewType appStoreVersionLocalization appCustomProductPageLocalization
            appStoreVersionExperimentTreatmentLocalization appPreviews
            """
        ),
        "appScreenshotSets": _words(
            """
            screenshotDisplayType appStoreVersionLocalization appCustomProductPageLocalization
            appStoreVersionExperimentTreatmentLocalization appScreenshots
            """
        ),
        "apps": _words(
            """
            accessibilityUrl name bundleId sku primaryLocale isOrEverWasMadeForKids
            subscriptionStatusUrl subscriptionStatusUrlVersion subscriptionStatusUrlForSandbox
            subscriptionStatusUrlVersionForSandbox contentRightsDeclaration streamlinedPurchasingEnabled
            accessibilityDeclarations appEncryptionDeclarations appStoreIcon ciProduct betaTesters
            betaGroups appStoreVersions appTags preReleaseVersions betaAppLocalizations builds
            betaLicenseAgreement betaAppReviewDetail appInfos appClips appPricePoints
            endUserLicenseAgreement appPriceSchedule appAvailabilityV2 inAppPurchases subscriptionGroups
            gameCenterEnabledVersions perfPowerMetrics appCustomProductPages inAppPurchasesV2
            promotedPurchases appEvents reviewSubmissions subscriptionGracePeriod customerReviews
            customerReviewSummarizations gameCenterDetail appStoreVersionExperimentsV2
            alternativeDistributionKey analyticsReportRequests marketplaceSearchDetail buildUploads
            backgroundAssets betaFeedbackScreenshotSubmissions betaFeedbackCrashSubmissions
            searchKeywords webhooks androidToIosAppMappingDetails
            """
        ),
        "appEncryptionDeclarations": _words(
            """
            appDescription createdDate usesEncryption exempt containsProprietaryCryptography
            containsThirdPartyCryptography availableOnFrenchStore platform uploadedDate documentUrl
            documentName documentType appEncryptionDeclarationState codeValue app builds
            appEncryptionDeclarationDocument
            """
        ),
        "buildIcons": _words("iconAsset iconType masked name"),
        "ciProducts": _words(
            """
            name createdDate productType app bundleId workflows primaryRepositories
            additionalRepositories buildRuns
            """
        ),
        "betaGroups": _words(
            """
            name createdDate isInternalGroup hasAccessToAllBuilds publicLinkEnabled publicLinkId
            publicLinkLimitEnabled publicLinkLimit publicLink feedbackEnabled
            iosBuildsAvailableForAppleSiliconMac iosBuildsAvailableForAppleVision app builds betaTesters
            betaRecruitmentCriteria betaRecruitmentCriterionCompatibleBuildCheck
            """
        ),
        "appStoreVersions": _words(
            """
            platform versionString appStoreState appVersionState copyright reviewType releaseType
            earliestReleaseDate usesIdfa downloadable createdDate app appStoreVersionLocalizations build
            appStoreVersionPhasedRelease gameCenterAppVersion routingAppCoverage appStoreReviewDetail
            appStoreVersionSubmission appClipDefaultExperience appStoreVersionExperiments
            appStoreVersionExperimentsV2 customerReviews alternativeDistributionPackage
            """
        ),
        "appStoreVersionLocalizations": _words(
            """
            description locale keywords marketingUrl promotionalText supportUrl whatsNew
            appStoreVersion appScreenshotSets appPreviewSets searchKeywords
            """
        ),
        "appStoreVersionPhasedReleases": _words(
            """
            phasedReleaseState startDate totalPauseDuration currentDayNumber
            """
        ),
        "gameCenterAppVersions": _words(
            """
            enabled compatibilityVersions appStoreVersion
            """
        ),
        "routingAppCoverages": _words(
            """
            fileSize fileName sourceFileChecksum uploadOperations assetDeliveryState
            appStoreVersion
            """
        ),
        "appStoreReviewDetails": _words(
            """
            contactFirstName contactLastName contactPhone contactEmail demoAccountName
            demoAccountPassword demoAccountRequired notes appStoreVersion
            appStoreReviewAttachments
            """
        ),
        "appStoreVersionSubmissions": _words(
            """
            appStoreVersion
            """
        ),
        "appClipDefaultExperiences": _words(
            """
            action appClip releaseWithAppStoreVersion
            appClipDefaultExperienceLocalizations appClipAppStoreReviewDetail
            """
        ),
        "alternativeDistributionPackages": _words(
            """
            sourceFileChecksum versions
            """
        ),
        "preReleaseVersions": _words("version platform builds app"),
        "betaAppLocalizations": _words(
            """
            feedbackEmail marketingUrl privacyPolicyUrl tvOsPrivacyPolicy description locale app
            """
        ),
        "builds": _words(
            """
            version uploadedDate expirationDate expired minOsVersion lsMinimumSystemVersion
            computedMinMacOsVersion computedMinVisionOsVersion iconAssetToken processingState
            buildAudienceType usesNonExemptEncryption preReleaseVersion individualTesters betaGroups
            betaBuildLocalizations appEncryptionDeclaration betaAppReviewSubmission app buildBetaDetail
            appStoreVersion icons buildBundles buildUpload perfPowerMetrics diagnosticSignatures
            """
        ),
        "betaLicenseAgreements": _words("agreementText app"),
        "betaAppReviewDetails": _words(
            """
            contactFirstName contactLastName contactPhone contactEmail demoAccountName
            demoAccountPassword demoAccountRequired notes app
            """
        ),
        "appInfos": _words(
            """
            appStoreState state appStoreAgeRating australiaAgeRating brazilAgeRating brazilAgeRatingV2
            franceAgeRating koreaAgeRating app ageRatingDeclaration appInfoLocalizations primaryCategory
            primarySubcategoryOne primarySubcategoryTwo secondaryCategory secondarySubcategoryOne
            secondarySubcategoryTwo territoryAgeRatings
            """
        ),
        "appClips": _words("bundleId app appClipDefaultExperiences appClipAdvancedExperiences"),
        "endUserLicenseAgreements": _words("agreementText app territories"),
        "inAppPurchases": _words(
            """
            referenceName productId inAppPurchaseType state apps name reviewNote familySharable
            contentHosting inAppPurchaseLocalizations pricePoints content appStoreReviewScreenshot
            promotedPurchase iapPriceSchedule inAppPurchaseAvailability images offerCodes versions
            """
        ),
        "subscriptionGroups": _words("referenceName subscriptions subscriptionGroupLocalizations versions"),
        "gameCenterEnabledVersions": _words("platform versionString iconAsset compatibleVersions app"),
        "appCustomProductPages": _words("name url visible app appCustomProductPageVersions"),
        "promotedPurchases": _words("visibleForAllUsers enabled state inAppPurchaseV2 subscription"),
        "appEvents": _words(
            """
            referenceName badge eventState deepLink purchaseRequirement primaryLocale priority purpose
            territorySchedules archivedTerritorySchedules localizations
            """
        ),
        "reviewSubmissions": _words(
            """
            platform submittedDate state app items appStoreVersionForReview submittedByActor
            lastUpdatedByActor
            """
        ),
        "subscriptionGracePeriods": _words("optIn sandboxOptIn duration renewalType"),
        "gameCenterDetails": _words(
            """
            arcadeEnabled challengeEnabled app gameCenterAppVersions gameCenterGroup
            gameCenterLeaderboards gameCenterLeaderboardsV2 gameCenterLeaderboardSets
            gameCenterLeaderboardSetsV2 gameCenterAchievements gameCenterAchievementsV2
            gameCenterActivities gameCenterChallenges defaultLeaderboard defaultLeaderboardV2
            defaultGroupLeaderboard defaultGroupLeaderboardV2 achievementReleases activityReleases
            challengeReleases leaderboardReleases leaderboardSetReleases
            challengesMinimumPlatformVersions
            """
        ),
        "appStoreVersionExperiments": _words(
            """
            name platform trafficProportion state reviewRequired startDate endDate app
            latestControlVersion controlVersions appStoreVersionExperimentTreatments
            """
        ),
        "androidToIosAppMappingDetails": _words(
            "packageName appSigningKeyPublicCertificateSha256Fingerprints"
        ),
        "customerReviews": _words(
            """
            rating title body reviewerNickname createdDate territory response reviewTerritory
            """
        ),
        "customerReviewResponses": _words("responseBody lastModifiedDate state review"),
        "territories": _words("currency"),
        "customerReviewSummarizations": _words("createdDate locale platform text territory"),
        "users": _words(
            """
            username firstName lastName roles allAppsVisible provisioningAllowed visibleApps
            """
        ),
        "userInvitations": _words(
            """
            email firstName lastName expirationDate roles allAppsVisible provisioningAllowed visibleApps
            """
        ),
    }
)
"""Fields by resource type, in Apple's order: attributes first, then relationships."""
